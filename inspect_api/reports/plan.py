"""Planning mail: one run for each mail that ought to be there and is not planned yet.

The rows decide, not the timer: planning again, in two processes at once, after a clock change or after days of
downtime finds the same rows (LESSONS: the schedule that fired twice at a clock change, or not at all).
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from checklists.ids import new_id
from checklists.tables import MailChoice, ReportRun, RunState, table_of
from inspect_api.database import Database
from inspect_api.mail.addresses import sender_address
from inspect_api.reports.due import CATCH_UP, due_at, weeks_due
from inspect_api.reports.expected import Expected, expected
from inspect_api.reports.kinds import WEEKLY
from inspect_api.reports.schedule import schedules
from inspect_api.settings import Settings

__all__ = ["CATCH_UP", "WEEKLY", "due_at", "message_id", "plan_run", "plan_weekly", "weeks_due"]

_RUN = table_of(ReportRun)
_choice = table_of(MailChoice)
_DECLINED = sa.select(_choice.c.user_id, _choice.c.report).where(_choice.c.unsubscribed_at.is_not(None))


def message_id(
    report: str, site_id: str, period: str, revision: int, recipient_id: str, host: str, about: str = ""
) -> str:
    """The same run always makes the same one, so that a mail program shows a repeat as one mail."""
    return f"<{report}.{about or f'{site_id}.{period}'}.{revision}.{recipient_id}@{host}>"


def plan_weekly(database: Database, settings: Settings, now: datetime) -> int:
    """Add the runs of every kind that are due and not planned yet; returns how many."""
    with database.read() as connection:
        missing = _missing(connection, settings, now)
    if not missing:
        return 0
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    with database.write() as connection:
        result = connection.execute(insert(_RUN).on_conflict_do_nothing().returning(_RUN.c.id), missing)
        return len(result.all())


def plan_run(key: Expected, revision: int, host: str, now: datetime) -> dict[str, object]:
    """The row of a run that is planned now."""
    _, report, site_id, period, about, recipient_id = key
    return {
        "id": new_id(),
        **key._asdict(),
        "revision": revision,
        "state": RunState.PLANNED,
        "message_id": message_id(report, site_id, period, revision, recipient_id, host, about),
        "attempts": 0,
        "next_attempt_at": now,
        "planned_at": now,
    }


def _missing(connection: sa.Connection, settings: Settings, now: datetime) -> list[dict[str, object]]:
    host = sender_address(settings.mail_from).domain
    columns = (_RUN.c.report, _RUN.c.site_id, _RUN.c.period, _RUN.c.about, _RUN.c.recipient_id)
    planned = connection.execute(sa.select(*columns).where(_RUN.c.planned_at > now - 2 * CATCH_UP)).all()
    told = {row.about for row in planned}
    wanted = {key[1:]: key for key in expected(connection, schedules(connection, settings), now, told)}
    for row in planned:
        wanted.pop(tuple(row), None)
    declined = {(row.user_id, row.report) for row in connection.execute(_DECLINED)}
    return [plan_run(key, 1, host, now) for key in wanted.values() if (key.recipient_id, key.report) not in declined]
