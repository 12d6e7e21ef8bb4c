"""A site's week as a manager reads it in two minutes: what stands out, and the table as they want it sorted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from checklists.scoring.rules import Grade
from inspect_api.pages.rendering import change
from inspect_api.scorecards.shapes import EmployeeWeek, SiteWeek


class Show(StrEnum):
    ALL = "all"
    FLAGS = "flags"
    WORSE = "worse"
    OFFICIAL = "official"
    UNOFFICIAL = "unofficial"


class Sort(StrEnum):
    LOWEST = "lowest"
    HIGHEST = "highest"
    CHANGE = "change"
    TREND = "trend"
    FLAGS = "flags"
    CHECKS = "checks"
    NAME = "name"


@dataclass(frozen=True)
class Overview:
    """``average``: mean of the ranked totals. ``graded``: how many of ``at_work`` have a total."""

    rows: list[EmployeeWeek]
    at_work: int
    graded: int
    red_flags: int
    flagged: list[EmployeeWeek]
    average: Fraction | None
    average_change: Decimal | None
    unsent: int
    superseded: int
    grades: list[tuple[str, int]]


def overview(found: SiteWeek, show: Show, sort: Sort, search: str) -> Overview:
    at_work = [row for row in found.rows if not row.absent]
    ranked = [row.score.total for row in at_work if row.score.ranked and row.score.total is not None]
    before = [row.previous_total for row in at_work if row.previous_total is not None]
    average = _mean(ranked)
    rows = [row for row in found.rows if _SHOWN[show](row) and _matches(row, search)]
    grades = [row.score.grade for row in at_work if row.score.grade is not None]
    return Overview(
        rows=sorted(rows, key=_ORDER[sort]),
        at_work=len(at_work),
        graded=len(grades),
        red_flags=sum(row.red_flags for row in found.rows),
        flagged=[row for row in found.rows if row.red_flags],
        average=average,
        average_change=change(average, _mean(before)),
        unsent=sum(tablet.unsent for tablet in found.tablets),
        superseded=sum(row.superseded for row in found.rows),
        grades=[(grade, grades.count(grade)) for grade in Grade],
    )


def change_of(row: EmployeeWeek) -> Decimal | None:
    """Against the week before, as displayed."""
    return change(row.score.total, row.previous_total)


def _mean(values: Sequence[Fraction]) -> Fraction | None:
    return sum(values, Fraction()) / len(values) if values else None


def _matches(row: EmployeeWeek, search: str) -> bool:
    wanted = search.strip().casefold()
    return not wanted or any(wanted in text.casefold() for text in (row.name, row.number, row.post_name or ""))


def _worse(row: EmployeeWeek) -> bool:
    moved = change_of(row)
    return moved is not None and moved < 0


_SHOWN: dict[Show, Callable[[EmployeeWeek], bool]] = {
    Show.ALL: lambda row: True,  # noqa: ARG005 (every filter takes the row)
    Show.FLAGS: lambda row: row.red_flags > 0,
    Show.WORSE: _worse,
    Show.OFFICIAL: lambda row: row.score.total is not None,
    Show.UNOFFICIAL: lambda row: row.score.total is None,
}

_Key = tuple[bool, Fraction | Decimal | int | str, str]


def _by(value: Callable[[EmployeeWeek], Fraction | Decimal | int | None], sign: int) -> Callable[[EmployeeWeek], _Key]:
    """Whoever has no such value comes last, whichever way it is sorted."""

    def key(row: EmployeeWeek) -> _Key:
        found = value(row)
        return found is None, 0 if found is None else sign * found, row.number

    return key


_ORDER: dict[Sort, Callable[[EmployeeWeek], _Key]] = {
    Sort.LOWEST: _by(lambda row: row.score.total, 1),
    Sort.HIGHEST: _by(lambda row: row.score.total, -1),
    Sort.CHANGE: _by(change_of, 1),
    Sort.TREND: _by(lambda row: row.trend, 1),
    Sort.FLAGS: _by(lambda row: row.red_flags, -1),
    Sort.CHECKS: _by(lambda row: row.checks, 1),
    Sort.NAME: lambda row: (False, row.name, row.number),
}
