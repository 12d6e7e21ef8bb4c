"""``/api/v1/sites/{id}/calendar``: the days on which a site differs from the week; deadlines are counted by it."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import delete, get, put
from litestar.params import FromPath, JSONBody, PathParameter
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from checklists.ids import UUID_PATTERN, new_id
from checklists.tables import Audit, table_of
from inspect_api import calendars
from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access
from inspect_api.services import Services

SiteId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]
_audit = table_of(Audit)


class DayBody(Struct, frozen=True, forbid_unknown_fields=True):
    """``working``: a weekend day that is worked; else a holiday."""

    working: bool = False
    name: Annotated[str, Meta(max_length=80)] = ""


class CalendarDay(Struct, frozen=True):
    day: date
    working: bool
    name: str


@get("/api/v1/sites/{site_id:str}/calendar", sync_to_thread=True)
def days(request: UserRequest, services: UseServices, site_id: SiteId) -> list[CalendarDay]:
    """For the site's managers and administrators."""
    with services.database.read() as connection:
        site = access.readable_site(connection, request.user, site_id)
        return [CalendarDay(one.day, one.working, one.name) for one in calendars.days_of(connection, site.id)]


@put("/api/v1/sites/{site_id:str}/calendar/{day:str}", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def put_day(
    request: UserRequest, services: UseServices, site_id: SiteId, day: FromPath[str], data: JSONBody[DayBody]
) -> None:
    """A holiday, or a weekend day that is worked. Administrators only; deadlines that run are not moved."""
    _write(request, services, site_id, day, data)


@delete("/api/v1/sites/{site_id:str}/calendar/{day:str}", sync_to_thread=True)
def remove_day(request: UserRequest, services: UseServices, site_id: SiteId, day: FromPath[str]) -> None:
    """The day is like its weekday again. Administrators only."""
    _write(request, services, site_id, day, None)


def _write(request: UserRequest, services: Services, site_id: str, text: str, body: DayBody | None) -> None:
    user = request.user
    user.require_administrator()
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Problem(Code.INVALID_FIELD, "日期格式应为 2026-10-01", "A day looks like 2026-10-01", "/day") from error
    with services.database.write() as connection:
        site = access.readable_site(connection, user, site_id)
        if body is None:
            calendars.remove_day(connection, site.id, day)
        else:
            calendars.put_day(connection, site.organisation_id, site.id, day, working=body.working, name=body.name)
        row = {
            "id": new_id(),
            "organisation_id": user.organisation_id,
            "actor_id": user.user_id,
            "action": "calendar.remove" if body is None else "calendar.put",
            "object_kind": "site",
            "object_id": site.id,
            "detail": msgspec.json.encode({"day": day, **(msgspec.structs.asdict(body) if body else {})}).decode(),
            "at": services.clock(),
        }
        connection.execute(_audit.insert(), row)


HANDLERS = [days, put_day, remove_day]
