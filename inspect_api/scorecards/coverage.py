"""Who inspected whom: how many supervisors saw each employee, and what each supervisor did in the week."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from checklists.periods import Week, local_day
from checklists.scoring.arithmetic import from_text
from checklists.tables import Inspection, InspectionState, User, table_of
from checklists.template import Dimension
from inspect_api.scorecards.shapes import SiteRef
from inspect_api.scorecards.week_table import TableRow, WeekTable, mean

_inspection = table_of(Inspection)
_user = table_of(User)


@dataclass(frozen=True)
class Work:
    """A supervisor's week at a site. ``means``: of their inspections, by dimension; None where they made none."""

    supervisor_id: str
    supervisor: str
    inspections: int
    subjects: int
    days: int
    means: dict[Dimension, Fraction | None]


def by_supervisors(table: WeekTable) -> list[tuple[int, int]]:
    """How many of those at work were seen by 0, 1, 2 and 3 or more supervisors."""
    seen = Counter(min(row.supervisors, 3) for row in table.at_work)
    return [(number, seen[number]) for number in range(4)]


def least_seen_first(table: WeekTable) -> list[TableRow]:
    """Everyone at work; whoever was not seen at all comes first, then by supervisors and checks."""
    return sorted(table.at_work, key=lambda row: (row.seen, row.supervisors, row.checks, row.number))


def work_of_supervisors(connection: sa.Connection, site: SiteRef, week: Week) -> list[Work]:
    """Complete inspections of the week, by the supervisor who began them; the fewest first."""
    statement = (
        sa.select(
            _inspection.c.supervisor_id,
            _user.c.name,
            _inspection.c.dimension,
            _inspection.c.score,
            _inspection.c.captured_at,
            sa.func.coalesce(_inspection.c.employee_id, _inspection.c.workspace_id).label("subject_id"),
        )
        .join(_user, _user.c.id == _inspection.c.supervisor_id)
        .where(
            _inspection.c.site_id == site.id,
            _inspection.c.week == str(week),
            _inspection.c.state == InspectionState.COMPLETE,
        )
        .order_by(_inspection.c.supervisor_id)
    )
    found: dict[str, list[Any]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.supervisor_id, []).append(row)
    work = [_work(key, rows, site) for key, rows in found.items()]
    return sorted(work, key=lambda one: (one.inspections, one.supervisor))


def _work(supervisor_id: str, rows: list[Any], site: SiteRef) -> Work:
    return Work(
        supervisor_id=supervisor_id,
        supervisor=rows[0].name,
        inspections=len(rows),
        subjects=len({row.subject_id for row in rows}),
        days=len({local_day(row.captured_at, site.zone) for row in rows}),
        means={
            dimension: mean(from_text(row.score) for row in rows if row.dimension == dimension and row.score)
            for dimension in Dimension
        },
    )


def names_of(connection: sa.Connection, user_ids: set[str]) -> dict[str, str]:
    """User id → name."""
    statement = sa.select(_user.c.id, _user.c.name).where(_user.c.id.in_(sorted(user_ids)))
    return {row.id: row.name for row in connection.execute(statement)}
