"""``/api/v1/sites/{id}/calendar``: the days on which a site differs from the week; deadlines are counted by it."""

from datetime import date
from typing import Annotated

from litestar import delete, get, put
from litestar.params import FromPath, JSONBody, PathParameter
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from checklists.ids import UUID_PATTERN
from inspect_api.administration import days
from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

SiteId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]


class DayBody(Struct, frozen=True, forbid_unknown_fields=True):
    """``working``: a weekend day that is worked; else a holiday."""

    working: bool = False
    name: Annotated[str, Meta(max_length=80)] = ""


class CalendarDay(Struct, frozen=True):
    day: date
    working: bool
    name: str


@get("/api/v1/sites/{site_id:str}/calendar", sync_to_thread=True)
def calendar(request: UserRequest, services: UseServices, site_id: SiteId) -> list[CalendarDay]:
    """For the site's managers and administrators; in order."""
    with services.database.read() as connection:
        found = days.listed(connection, request.user, site_id)
    return [CalendarDay(one.day, one.working, one.name) for one in reversed(found)]


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
        if body is None:
            days.remove(connection, user, site_id, day, services.clock())
        else:
            now = services.clock()
            days.put(connection, user, site_id, day, now, working=body.working, name=body.name)


HANDLERS = [calendar, put_day, remove_day]
