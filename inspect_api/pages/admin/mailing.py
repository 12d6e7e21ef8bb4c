"""Mail: when it is due, what it looks like, which addresses refused it and who unsubscribed."""

from asyncio import to_thread
from email.message import EmailMessage
from typing import Any, Final
from zoneinfo import available_timezones

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.params import FromQuery

from checklists.periods import Week
from inspect_api.administration import places
from inspect_api.api.scorecards import parse_week
from inspect_api.i18n import N_
from inspect_api.injection import UserRequest, UseServices
from inspect_api.mail import bounces, choices
from inspect_api.pages.admin.posting import Posted, back, posted, zone_of_pages
from inspect_api.pages.administration import MAIL_POLICY
from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem
from inspect_api.reports import preview, schedule
from inspect_api.reports.kinds import NAMES
from inspect_api.scorecards.service import find_site, working_week
from inspect_api.services import Services

WEEKDAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


@get("/admin/mail", sync_to_thread=True)
def mailing(request: UserRequest, services: UseServices) -> Response[str]:
    user = request.user
    with services.database.read() as connection:
        refused = bounces.refused_addresses(connection, user)
        found = schedule.schedule_of(connection, services.settings, user.organisation_id)
        declined = choices.unsubscribed(connection, user.organisation_id)
        sites = places.sites(connection, user)
        zone = zone_of_pages(connection, user.organisation_id)
    return page(
        request,
        "admin/mail.html",
        schedule=found,
        refused=refused,
        declined=declined,
        sites=sites,
        zone=zone,
        zones=sorted(available_timezones()),
        weekdays=WEEKDAYS,
        kinds=NAMES,
        limit=services.settings.mail_bounce_limit,
    )


@post("/admin/mail")
async def act(request: UserRequest, services: UseServices) -> Any:
    request.user.require_administrator()
    form = await posted(request)
    await to_thread(_act, services, request, form)
    return back("/admin/mail")


def _act(services: Services, request: UserRequest, form: Posted) -> None:
    with services.database.write() as connection:
        if form["step"] == "clear":
            bounces.clear(connection, request.user, form["address"], services.clock())
        elif form["step"] == "schedule":
            wanted = schedule.Wanted(
                form.number("weekday"),
                form.number("hour"),
                form.get("zone"),
                attachment=form["attachment"] == "yes",
                employees=form["employees"] == "yes",
                notices=form["notices"] == "yes",
            )
            schedule.set_schedule(connection, services.settings, request.user, wanted, services.clock())
        else:
            raise Problem(Code.INVALID_FIELD)


@get("/admin/mail/preview", sync_to_thread=True)
def show_preview(
    request: UserRequest, services: UseServices, site: FromQuery[str | None] = None, week: FromQuery[str | None] = None
) -> Response[str]:
    with services.database.read() as connection:
        sites = places.sites(connection, request.user)
        if not sites:
            raise Problem(Code.NOT_FOUND, "还没有场所", "There is no site yet")
        chosen, wanted = _chosen(services, connection, request, site or sites[0].id, week)
        language = page_language(request)
        message = preview.preview(services, connection, request.user, chosen, str(wanted), language)
    return page(
        request,
        "admin/preview.html",
        sites=sites,
        site_id=chosen,
        week=wanted,
        subject=str(message["Subject"]),
        text=_part(message, "plain"),
    )


@get("/admin/mail/preview/html", sync_to_thread=True)
def preview_html(
    request: UserRequest, services: UseServices, site: FromQuery[str], week: FromQuery[str]
) -> Response[str]:
    """The HTML part alone, for the sandboxed frame."""
    with services.database.read() as connection:
        wanted, language = str(parse_week(week)), page_language(request)
        message = preview.preview(services, connection, request.user, site, wanted, language)
    headers = {
        "content-security-policy": MAIL_POLICY,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return Response(_part(message, "html"), media_type="text/html", headers=headers)


@post("/admin/mail/preview")
async def send_to_me(request: UserRequest, services: UseServices) -> Any:
    form = await posted(request)

    def plan() -> None:
        with services.database.write() as connection:
            week = str(parse_week(form["week"]))
            preview.send_to_me(services, connection, request.user, form["site"], week)

    await to_thread(plan)
    return back("/reports")


def _chosen(
    services: Services, connection: sa.Connection, request: UserRequest, site_id: str, week: str | None
) -> tuple[str, Week]:
    """The site, and the week: the last one that has ended unless one is given."""
    site = find_site(connection, site_id)
    if site.organisation_id != request.user.organisation_id:
        raise Problem(Code.NOT_FOUND, "没有这个场所", "There is no such site")
    return site.id, parse_week(week) if week else working_week(site, services.clock()).previous()


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content())


HANDLERS = [mailing, act, show_preview, preview_html, send_to_me]
