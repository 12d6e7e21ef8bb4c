"""A site's week as the managers' tables show it: one slim row for each employee, however many there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from checklists.periods import Week
from checklists.scoring.arithmetic import displayed
from checklists.scoring.counting import WhyNot
from checklists.scoring.dimension import DimensionScore, Shortfall
from checklists.scoring.rules import Grade, ScoringRules
from checklists.scoring.week import NotRanked
from checklists.template import Dimension
from inspect_api.scorecards.shapes import EmployeeWeek, SiteRef, State

WAITING = frozenset((WhyNot.LOW_COVERAGE, WhyNot.PROBABLE_DUPLICATE))
"""Why an inspection does not count as long as no manager has decided."""


class Missing(NamedTuple):
    """What a dimension lacks first for an official score."""

    kind: Shortfall
    found: int
    needed: int


class Mark(NamedTuple):
    """One dimension of one employee. ``supervisors``: the ids of those whose inspections count."""

    dimension: Dimension
    score: Fraction | None
    official: bool
    inspections: int
    days: int
    supervisors: tuple[str, ...]
    missing: Missing | None


@dataclass(frozen=True, slots=True)
class TableRow:
    """``change``: against the week before, as displayed. ``waiting``: inspections that a manager has to decide about.

    ``sources``: the ids of all inspections of the week, counted or not.
    """

    employee_id: str
    number: str
    name: str
    post_name: str | None
    total: Fraction | None
    grade: Grade | None
    ranked: bool
    not_ranked: tuple[NotRanked, ...]
    marks: tuple[Mark, ...]
    red_flags: int
    checks: int
    supervisors: int
    state: State
    version: int | None
    superseded: bool
    published_total: Fraction | None
    previous_total: Fraction | None
    change: Decimal | None
    trend: Fraction | None
    waiting: tuple[tuple[str, WhyNot], ...]
    sources: tuple[str, ...]

    @property
    def seen(self) -> bool:
        return bool(self.sources)

    @property
    def absent(self) -> bool:
        return NotRanked.ABSENT in self.not_ranked


class WeekTable:
    """``rows``: the lowest total first, without a total last. What is asked of all of them is worked out once."""

    def __init__(self, site: SiteRef, week: Week, rows: Iterable[TableRow]) -> None:
        self.site, self.week = site, week
        self.rows = sorted(rows, key=_worst_first)

    @cached_property
    def at_work(self) -> list[TableRow]:
        return [row for row in self.rows if not row.absent]

    @cached_property
    def graded(self) -> int:
        """How many of those at work have a total."""
        return sum(row.grade is not None for row in self.at_work)

    @cached_property
    def not_seen(self) -> list[TableRow]:
        return [row for row in self.at_work if not row.seen]

    @cached_property
    def flagged(self) -> list[TableRow]:
        return [row for row in self.rows if row.red_flags]

    @cached_property
    def red_flags(self) -> int:
        return sum(row.red_flags for row in self.rows)

    @cached_property
    def grades(self) -> list[tuple[Grade, int]]:
        """Every grade, best first, and how many of those at work have it."""
        given = [row.grade for row in self.at_work if row.grade is not None]
        return [(grade, given.count(grade)) for grade in Grade]

    @cached_property
    def average(self) -> Fraction | None:
        """The mean of the ranked totals."""
        return mean(row.total for row in self.at_work if row.ranked)

    @cached_property
    def average_change(self) -> Decimal | None:
        """Against the mean of the week before, between the two numbers as displayed."""
        return moved(self.average, mean(row.previous_total for row in self.at_work))

    @cached_property
    def waiting(self) -> dict[str, WhyNot]:
        """Inspection id → why it waits for a manager; once, also when it concerns several employees."""
        return {inspection_id: why for row in self.rows for inspection_id, why in row.waiting}


def table_row(week: EmployeeWeek) -> TableRow:
    score = week.score
    counting = {share.supervisor_id for one in score.dimensions for share in one.supervisors}
    return TableRow(
        employee_id=week.employee_id,
        number=week.number,
        name=week.name,
        post_name=week.post_name,
        total=score.total,
        grade=score.grade,
        ranked=score.ranked,
        not_ranked=score.not_ranked,
        marks=tuple(_mark(one, score.rules) for one in score.dimensions),
        red_flags=score.red_flags,
        checks=week.checks,
        supervisors=len(counting),
        state=week.state,
        version=week.version,
        superseded=week.superseded,
        published_total=week.published_total,
        previous_total=week.previous_total,
        change=moved(score.total, week.previous_total),
        trend=week.trend,
        waiting=tuple(
            (out.inspection_id, out.reason) for one in score.dimensions for out in one.left_out if out.reason in WAITING
        ),
        sources=tuple(source.id for source in score.sources),
    )


def _mark(one: DimensionScore, rules: ScoringRules) -> Mark:
    supervisors = tuple(share.supervisor_id for share in one.supervisors)
    needs = {
        Shortfall.INSPECTIONS: (one.inspections, rules.min_inspections),
        Shortfall.SUPERVISORS: (len(supervisors), rules.min_supervisors),
        Shortfall.DAYS: (one.days, rules.min_days),
    }
    missing = Missing(one.shortfall[0], *needs[one.shortfall[0]]) if one.shortfall else None
    return Mark(one.dimension, one.score, one.official, one.inspections, one.days, supervisors, missing)


def moved(now: Fraction | None, before: Fraction | None) -> Decimal | None:
    """Between the two numbers as they are displayed, so that a reader who subtracts them gets the same."""
    return None if now is None or before is None else displayed(now) - displayed(before)


def mean(values: Iterable[Fraction | None]) -> Fraction | None:
    """Exact; None without any value. Ten thousand fractions share few denominators: those are added as integers."""
    by_denominator: dict[int, int] = {}
    count = 0
    for value in values:
        if value is not None:
            by_denominator[value.denominator] = by_denominator.get(value.denominator, 0) + value.numerator
            count += 1
    return sum((Fraction(n, d) for d, n in by_denominator.items()), Fraction()) / count if count else None


def _worst_first(row: TableRow) -> tuple[bool, float, int, str]:
    # As a float: comparing two fractions takes fifty times as long, and two that differ less would look the same.
    return row.total is None, float(row.total or 0), -row.red_flags, row.number
