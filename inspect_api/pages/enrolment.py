"""For administrators: a code, as QR, that brings a tablet into use for one supervisor."""

from dataclasses import dataclass

import segno
from litestar import Response, Router, get, post
from litestar.params import URLEncodedBody
from markupsafe import Markup

from inspect_api.auth import enrolment
from inspect_api.auth.enrolment import NewCode
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.errors import PAGE_EXCEPTIONS
from inspect_api.pages.rendering import page
from inspect_api.pages.replicas import zone_of
from inspect_api.services import Services


@dataclass
class EnrolmentForm:
    user_id: str = ""


@get("/replicas/enrol", sync_to_thread=True)
def show_enrolment(request: UserRequest, services: UseServices) -> Response[str]:
    request.user.require_administrator()
    return _show(request, services, None)


@post("/replicas/enrol", sync_to_thread=True)
def do_enrolment(request: UserRequest, services: UseServices, data: URLEncodedBody[EnrolmentForm]) -> Response[str]:
    """The code is shown in this answer and never again."""
    return _show(request, services, enrolment.make_code(services, request.user, data.user_id))


def _show(request: UserRequest, services: Services, made: NewCode | None) -> Response[str]:
    people = enrolment.supervisors(services, request.user.organisation_id)
    with services.database.read() as connection:
        zone = zone_of(connection, request.user)
    secure = services.settings.effective_public_url().startswith("https:")
    return page(
        request,
        "enrolment.html",
        people=people,
        made=made,
        qr=_qr(made.address) if made else None,
        zone=zone,
        secure=secure,
    )


def _qr(address: str) -> Markup:
    """As SVG in the page itself. Medium correction: the screen that shows it may be scratched."""
    made = segno.make(address, error="m", micro=False)
    # The library writes nothing of the address into the picture but squares.
    return Markup(made.svg_inline(scale=6, border=4, dark="#000", light="#fff", svgclass="qr"))  # noqa: S704


HANDLERS = [
    Router(
        "/",
        route_handlers=[show_enrolment, do_enrolment],
        exception_handlers=PAGE_EXCEPTIONS,
        include_in_schema=False,
    )
]
