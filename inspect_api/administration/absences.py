"""When an employee is on leave or not rostered: a week without a day at work has no score, never 0 (SCORING §2).

What moves a score of a week that is final is published as a correction, with its reason; see ``recheck_weeks``.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import Struct

from checklists.ids import new_id
from checklists.periods import Week
from checklists.tables import Absence, Employee, table_of
from inspect_api.administration import audit, employees
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from inspect_api.scorecards.publication import recheck
from inspect_api.services import Services

LONGEST = timedelta(days=400)
MAX_REASON = 200
RECHECKED = timedelta(weeks=8)
"""What is older is published already in many ways; it is compared no more."""

_absence, _employee = table_of(Absence), table_of(Employee)


class Away(Struct, frozen=True):
    """First and last day included. ``reason``: what whoever entered it wrote; empty for nothing."""

    id: str
    first_day: date
    last_day: date
    reason: str


def of_employee(connection: sa.Connection, user: Principal, employee_id: str) -> list[Away]:
    """The newest first. Administrators only."""
    user.require_administrator()
    mine = (_absence.c.organisation_id == user.organisation_id, _absence.c.employee_id == employee_id)
    columns = [_absence.c[name] for name in Away.__struct_fields__]
    statement = sa.select(*columns).where(*mine).order_by(_absence.c.first_day.desc(), _absence.c.id)
    return [Away(*row) for row in connection.execute(statement)]


def add(
    connection: sa.Connection,
    user: Principal,
    employee_id: str,
    first_day: date,
    last_day: date,
    reason: str,
    now: datetime,
) -> str:
    """On leave or not rostered: a week without a day at work has no score. Gives the id; the same again is a no-op.

    Problem NOT_FOUND, INVALID_FIELD.
    """
    employees.employee(connection, user, employee_id)
    if not timedelta() <= last_day - first_day <= LONGEST:
        raise Problem(
            Code.INVALID_FIELD,
            "最后一天不能早于第一天，也不能超过 400 天",
            "The last day is not before the first, and at most 400 days later",
            "/last_day",
        )
    for one in of_employee(connection, user, employee_id):
        if (one.first_day, one.last_day) == (first_day, last_day):
            return one.id
    row: dict[str, Any] = {
        "id": new_id(),
        "organisation_id": user.organisation_id,
        "employee_id": employee_id,
        "first_day": first_day,
        "last_day": last_day,
        "reason": reason.replace("\x00", "").strip()[:MAX_REASON],
    }
    connection.execute(_absence.insert(), row)
    _record(connection, user, "absence.add", employee_id, now, first_day, last_day)
    return str(row["id"])


def remove(connection: sa.Connection, user: Principal, employee_id: str, absence_id: str, now: datetime) -> Away:
    """Entered by mistake. Gives what it was. Problem NOT_FOUND."""
    found = next((one for one in of_employee(connection, user, employee_id) if one.id == absence_id), None)
    if found is None:
        raise Problem(Code.NOT_FOUND, "没有这次请假", "There is no such absence")
    connection.execute(_absence.delete().where(_absence.c.id == absence_id))
    _record(connection, user, "absence.remove", employee_id, now, found.first_day, found.last_day)
    return found


def recheck_weeks(services: Services, employee_id: str, first_day: date, last_day: date) -> None:
    """Publish what an entry about these days changes in weeks that are final. After the commit of the entry."""
    with services.database.read() as connection:
        site_id = connection.execute(sa.select(_employee.c.site_id).where(_employee.c.id == employee_id)).scalar()
    if site_id is not None:
        for week in _weeks(first_day, last_day, services.clock().date()):
            recheck(services, site_id, week, frozenset({employee_id}))


def _weeks(first_day: date, last_day: date, today: date) -> Iterator[Week]:
    week = Week.containing(max(first_day, today - RECHECKED))
    while week.monday <= min(last_day, today):
        yield week
        week = week.next()


def _record(
    connection: sa.Connection, user: Principal, action: str, employee_id: str, now: datetime, first: date, last: date
) -> None:
    """The days, not the reason: words have to stay erasable."""
    about, detail = ("employee", employee_id), {"first_day": first, "last_day": last}
    audit.record(connection, user.organisation_id, user.user_id, action, about, now, detail)
