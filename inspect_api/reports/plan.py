"""Which weekly reports are due: one run for each site, ended week and manager.

The rows decide, not the timer: planning again, in two processes at once, after a clock change or after days of
downtime finds the same rows (LESSONS: the schedule that fired twice at a clock change, or not at all).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from checklists.ids import new_id
from checklists.periods import Week, week_of
from checklists.tables import Organisation, ReportRun, Role, RoleGrant, RunState, Site, User, table_of
from inspect_api.database import Database
from inspect_api.mail.addresses import sender_address
from inspect_api.settings import Settings

WEEKLY = "weekly"
CATCH_UP = timedelta(weeks=4)
"""What came due in a longer downtime is history, not news; it is on the pages."""

_RUN = table_of(ReportRun)


def due_at(week: Week, zone: ZoneInfo, hour: int) -> datetime:
    """When the report on ``week`` is due: the Monday after it, ``hour`` o'clock on the site's wall clock, as UTC.

    An hour that the clock change skips means as far past the change; one that it repeats means the first.
    """
    return datetime.combine(week.next().monday, time(hour), tzinfo=zone).astimezone(UTC)


def weeks_due(now: datetime, zone: ZoneInfo, hour: int, since: datetime) -> list[Week]:
    """The weeks whose report came due in ``since`` < t ≤ ``now``, oldest first, at most ``CATCH_UP`` back."""
    since = max(since, now - CATCH_UP)
    week = week_of(now, zone).previous()
    found: list[Week] = []
    while (due := due_at(week, zone, hour)) > since:
        if due <= now:
            found.append(week)
        week = week.previous()
    return found[::-1]


def message_id(report: str, site_id: str, period: str, revision: int, recipient_id: str, host: str) -> str:
    """The same run always makes the same one, so that a mail program shows a repeat as one mail."""
    return f"<{report}.{site_id}.{period}.{revision}.{recipient_id}@{host}>"


def plan_weekly(database: Database, settings: Settings, now: datetime) -> int:
    """Add the runs that are due and not planned yet; returns how many.

    A report goes to who managed the site when it came due: a new manager is not sent the reports of the weeks before,
    nor a new organisation those of weeks before it existed.
    """
    with database.read() as connection:
        missing = _missing(connection, settings, now)
    if not missing:
        return 0
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    with database.write() as connection:
        result = connection.execute(insert(_RUN).on_conflict_do_nothing().returning(_RUN.c.id), missing)
        return len(result.all())


def _missing(connection: sa.Connection, settings: Settings, now: datetime) -> list[dict[str, object]]:
    host = sender_address(settings.mail_from).domain
    expected = {
        (site_id, str(week), recipient_id): organisation_id
        for organisation_id, site_id, recipient_id, week in _expected(connection, settings.report_hour, now)
    }
    planned = connection.execute(
        sa.select(_RUN.c.site_id, _RUN.c.period, _RUN.c.recipient_id).where(
            _RUN.c.report == WEEKLY, _RUN.c.planned_at > now - 2 * CATCH_UP
        )
    )
    for row in planned:
        expected.pop((row.site_id, row.period, row.recipient_id), None)
    return [
        {
            "id": new_id(),
            "organisation_id": organisation_id,
            "report": WEEKLY,
            "site_id": site_id,
            "period": period,
            "revision": 1,
            "recipient_id": recipient_id,
            "state": RunState.PLANNED,
            "message_id": message_id(WEEKLY, site_id, period, 1, recipient_id, host),
            "attempts": 0,
            "next_attempt_at": now,
            "planned_at": now,
        }
        for (site_id, period, recipient_id), organisation_id in expected.items()
    ]


def _expected(connection: sa.Connection, hour: int, now: datetime) -> Iterator[tuple[str, str, str, Week]]:
    organisation, site, grant, user = (table_of(model) for model in (Organisation, Site, RoleGrant, User))
    managers = connection.execute(
        sa.select(
            site.c.organisation_id, site.c.id, site.c.zone, user.c.id, grant.c.granted_at, organisation.c.created_at
        )
        .join(organisation, organisation.c.id == site.c.organisation_id)
        .join(grant, sa.and_(grant.c.site_id == site.c.id, grant.c.organisation_id == site.c.organisation_id))
        .join(user, sa.and_(user.c.id == grant.c.user_id, user.c.organisation_id == site.c.organisation_id))
        .where(grant.c.role == Role.MANAGER, grant.c.revoked_at.is_(None), user.c.active)
    )
    for organisation_id, site_id, zone, user_id, granted_at, created_at in managers:
        for week in weeks_due(now, ZoneInfo(zone), hour, max(granted_at, created_at)):
            yield organisation_id, site_id, user_id, week
