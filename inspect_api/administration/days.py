"""The calendar of a site: holidays, and weekend days that are worked instead. Deadlines that run are not moved."""

from datetime import date, datetime

import sqlalchemy as sa

from checklists.tables import SiteDay
from inspect_api import calendars
from inspect_api.administration import audit
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access

MAX_NAME = 80


def put(
    connection: sa.Connection, user: Principal, site_id: str, day: date, now: datetime, *, working: bool, name: str
) -> None:
    """``working``: a weekend day that is worked; else a holiday. Problem NOT_FOUND, INVALID_FIELD."""
    user.require_administrator()
    site = access.readable_site(connection, user, site_id)
    called = name.strip()
    if len(called) > MAX_NAME or not called.isprintable():
        raise Problem(Code.INVALID_FIELD, f"名称不超过 {MAX_NAME} 字", f"Up to {MAX_NAME} letters", "/name")
    calendars.put_day(connection, site.organisation_id, site.id, day, working=working, name=called)
    detail = {"day": day, "working": working, "name": called}
    audit.record(connection, user.organisation_id, user.user_id, "calendar.put", ("site", site.id), now, detail)


def remove(connection: sa.Connection, user: Principal, site_id: str, day: date, now: datetime) -> None:
    """The day is like its weekday again. Again is a no-op. Problem NOT_FOUND."""
    user.require_administrator()
    site = access.readable_site(connection, user, site_id)
    calendars.remove_day(connection, site.id, day)
    audit.record(
        connection, user.organisation_id, user.user_id, "calendar.remove", ("site", site.id), now, {"day": day}
    )


def listed(connection: sa.Connection, user: Principal, site_id: str) -> list[SiteDay]:
    """Those that differ from the week, the last one first. For the site's managers and administrators."""
    site = access.readable_site(connection, user, site_id)
    return calendars.days_of(connection, site.id)[::-1]
