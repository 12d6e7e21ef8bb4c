"""The calendar of a site: which days differ from the week, and the deadlines that follow."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from checklists.tables import Site, SiteDay, table_of
from checklists.working_days import Calendar, end_of_working_day
from sync.statements import upsert

_day = table_of(SiteDay)
_site = table_of(Site)


def zone_of(connection: sa.Connection, site_id: str) -> ZoneInfo:
    return ZoneInfo(connection.execute(sa.select(_site.c.zone).where(_site.c.id == site_id)).scalar_one())


def calendar_of(connection: sa.Connection, site_id: str) -> Calendar:
    rows = connection.execute(sa.select(_day.c.day, _day.c.working).where(_day.c.site_id == site_id))
    return {row.day: row.working for row in rows}


def days_of(connection: sa.Connection, site_id: str) -> list[SiteDay]:
    """The days that differ, in order."""
    rows = connection.execute(sa.select(_day).where(_day.c.site_id == site_id).order_by(_day.c.day)).mappings()
    return [SiteDay(**row) for row in rows]


def put_day(
    connection: sa.Connection, organisation_id: str, site_id: str, day: date, *, working: bool, name: str
) -> None:
    row = {"site_id": site_id, "day": day, "organisation_id": organisation_id, "working": working, "name": name}
    upsert(connection, _day, [row], update=("working", "name"))


def remove_day(connection: sa.Connection, site_id: str, day: date) -> None:
    connection.execute(_day.delete().where(_day.c.site_id == site_id, _day.c.day == day))


def deadline(connection: sa.Connection, site_id: str, start: datetime, days: int) -> datetime:
    """The end of the ``days``-th working day of the site after ``start``, in UTC."""
    return end_of_working_day(start, days, calendar_of(connection, site_id), zone_of(connection, site_id))


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """The day at the site that ends at ``end``."""
    return (end - timedelta(microseconds=1)).astimezone(zone).date()
