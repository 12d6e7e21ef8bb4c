"""The link of a mail: one click of the mail program, or a page that asks first. It needs no log-in (RFC 8058)."""

from asyncio import to_thread
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from checklists.tables import Language
from inspect_api.answers import LANGUAGE_COOKIE
from inspect_api.injection import UseServices
from inspect_api.mail import choices
from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem
from inspect_api.reports.kinds import CHOSEN, NAMES, WEEKLY
from inspect_api.services import Services

AnyRequest = Request[Any, Any, Any]


@get(choices.PATH + "/{token:str}", opt={"public": True}, sync_to_thread=True)
def ask(request: AnyRequest, services: UseServices, token: FromPath[str]) -> Response[str]:
    """Changes nothing: mail scanners follow every link."""
    return _show(request, services, token)


@post(choices.PATH + "/{token:str}", opt={"public": True}, status_code=HTTP_200_OK)
async def choose(request: AnyRequest, services: UseServices, token: FromPath[str]) -> Response[str]:
    """A mail program posts ``List-Unsubscribe=One-Click``; the page posts ``step``. Again is a no-op."""
    form = await request.form()
    step = str(form.get("step", "stop"))
    await to_thread(_choose, services, token, step)
    return await to_thread(_show, request, services, token)


def _choose(services: Services, token: str, step: str) -> None:
    user_id, report = _read(services, token)
    with services.database.write() as connection:
        row = choices.recipient_of(connection, user_id)
        more: dict[str, Any] = {"stop": {"wanted": False}, "again": {"wanted": True}}.get(step, {})
        if report == WEEKLY and step in ("with_table", "without_table"):
            more = {"attachment": step == "with_table"}
        if not more:
            raise Problem(Code.INVALID_FIELD)
        choices.choose(connection, row.organisation_id, user_id, report, services.clock(), **more)


def _show(request: AnyRequest, services: Services, token: str) -> Response[str]:
    user_id, report = _read(services, token)
    with services.database.read() as connection:
        row = choices.recipient_of(connection, user_id)
        choice = choices.choice_of(connection, user_id, report)
    chosen = "lang" in request.query_params or LANGUAGE_COOKIE in request.cookies
    language = page_language(request) if chosen else Language(row.language)
    values = {"row": row, "report": report, "kind": NAMES[report], "choice": choice, "weekly": WEEKLY}
    return page(request, "unsubscribe.html", language=language, **values)


def _read(services: Services, token: str) -> tuple[str, str]:
    user_id, report = choices.read_link(services.settings.effective_secret_key(), token)
    if report not in CHOSEN:
        raise Problem(Code.NOT_FOUND, "链接无效", "This link is not valid")
    return user_id, report


HANDLERS = [ask, choose]
