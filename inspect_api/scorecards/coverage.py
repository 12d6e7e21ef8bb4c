"""Who inspected whom: how many supervisors saw each employee, and what each supervisor did in the week."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any

import sqlalchemy as sa

from checklists.periods import Week
from checklists.scoring.arithmetic import from_text
from checklists.tables import Inspection, InspectionState, User, table_of
from checklists.template import Dimension
from inspect_api.scorecards.shapes import SiteRef
from inspect_api.scorecards.week_table import TableRow, WeekTable

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
    complete = (
        _inspection.c.site_id == site.id,
        _inspection.c.week == str(week),
        _inspection.c.state == InspectionState.COMPLETE,
    )
    # Added up by the database: a large site has a hundred thousand inspections in a week, and few different scores.
    counts = (
        sa.select(
            _inspection.c.supervisor_id,
            sa.func.count().label("inspections"),
            sa.func.count(sa.func.coalesce(_inspection.c.employee_id, _inspection.c.workspace_id).distinct()).label(
                "subjects"
            ),
            reduce(add, (sa.func.max(sa.case((on_day, 1), else_=0)) for on_day in _days(site, week))).label("days"),
        )
        .where(*complete)
        .group_by(_inspection.c.supervisor_id)
    )
    rows = connection.execute(counts).all()
    scores = (
        sa.select(_inspection.c.supervisor_id, _inspection.c.dimension, _inspection.c.score, sa.func.count())
        .where(*complete, _inspection.c.score.is_not(None))
        .group_by(_inspection.c.supervisor_id, _inspection.c.dimension, _inspection.c.score)
    )
    sums: dict[tuple[str, str], tuple[int, Fraction]] = {}
    for supervisor_id, dimension, score, number in connection.execute(scores):
        count, total = sums.get((supervisor_id, dimension), (0, Fraction()))
        sums[supervisor_id, dimension] = count + number, total + number * from_text(score)
    names = names_of(connection, {row.supervisor_id for row in rows})
    work = [_work(row, names, sums) for row in rows]
    return sorted(work, key=lambda one: (one.inspections, one.supervisor))


def _days(site: SiteRef, week: Week) -> list[sa.ColumnElement[bool]]:
    """For each day of the week at the site, whether an inspection was captured on it."""
    starts = [datetime.combine(week.monday + timedelta(days=n), time(), site.zone).astimezone(UTC) for n in range(8)]
    return [
        sa.and_(_inspection.c.captured_at >= starts[n], _inspection.c.captured_at < starts[n + 1]) for n in range(7)
    ]


def _work(row: Any, names: dict[str, str], sums: dict[tuple[str, str], tuple[int, Fraction]]) -> Work:
    means: dict[Dimension, Fraction | None] = {}
    for dimension in Dimension:
        count, total = sums.get((row.supervisor_id, dimension), (0, Fraction()))
        means[dimension] = total / count if count else None
    name = names.get(row.supervisor_id, row.supervisor_id)
    return Work(row.supervisor_id, name, row.inspections, row.subjects, row.days, means)


def names_of(connection: sa.Connection, user_ids: set[str]) -> dict[str, str]:
    """User id → name."""
    statement = sa.select(_user.c.id, _user.c.name).where(_user.c.id.in_(sorted(user_ids)))
    return {row.id: row.name for row in connection.execute(statement)}
