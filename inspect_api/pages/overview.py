"""The employees of a site's week as a manager wants them: found, shown, sorted, and a page of them at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Generic, TypeVar

from litestar.params import QueryParameter

from checklists.template import Dimension
from inspect_api.scorecards.week_table import TableRow, WeekTable

PER_PAGE = 50
PageNumber = Annotated[int, QueryParameter(name="page", ge=1, le=100_000)]
T = TypeVar("T")


class Show(StrEnum):
    ALL = "all"
    FLAGS = "flags"
    WORSE = "worse"
    OFFICIAL = "official"
    UNOFFICIAL = "unofficial"
    UNSEEN = "unseen"


class Sort(StrEnum):
    LOWEST = "lowest"
    HIGHEST = "highest"
    CHANGE = "change"
    TREND = "trend"
    GROOMING = "grooming"
    POST_STANDING = "post_standing"
    WORKSPACE_5S = "workspace_5s"
    FLAGS = "flags"
    CHECKS = "checks"
    SUPERVISORS = "supervisors"
    NAME = "name"


@dataclass(frozen=True)
class Paged(Generic[T]):
    """One page of many rows. ``number`` counts from 1; ``found``: how many rows there are on all pages."""

    rows: Sequence[T]
    number: int
    pages: int
    found: int


def place_of(found: int, number: int, size: int = PER_PAGE) -> tuple[int, int]:
    """The page ``number``, or the last one when there are fewer; and how many there are."""
    pages = max(1, -(-found // size))
    return min(max(1, number), pages), pages


def paged(rows: Sequence[T], number: int, size: int = PER_PAGE) -> Paged[T]:
    """The page ``number``, or the last one when there are fewer."""
    place, pages = place_of(len(rows), number, size)
    return Paged(rows[(place - 1) * size : place * size], place, pages, len(rows))


def selected(table: WeekTable, show: Show, sort: Sort, search: str) -> list[TableRow]:
    """Who matches, in the order asked for; who lacks what it is sorted by comes last."""
    wanted = search.strip().casefold()
    rows = [row for row in table.rows if _SHOWN[show](row) and (not wanted or _matches(row, wanted))]
    return rows if sort is Sort.LOWEST else sorted(rows, key=_ORDER[sort])


def _matches(row: TableRow, wanted: str) -> bool:
    return any(wanted in text.casefold() for text in (row.name, row.number, row.post_name or ""))


_SHOWN: dict[Show, Callable[[TableRow], bool]] = {
    Show.ALL: lambda row: True,  # noqa: ARG005 (every filter takes the row)
    Show.FLAGS: lambda row: row.red_flags > 0,
    Show.WORSE: lambda row: row.change is not None and row.change < 0,
    Show.OFFICIAL: lambda row: row.total is not None,
    Show.UNOFFICIAL: lambda row: row.total is None,
    Show.UNSEEN: lambda row: not row.seen and not row.absent,
}

_Key = tuple[bool, float | str, str]


def _by(value: Callable[[TableRow], Fraction | Decimal | int | None], sign: int) -> Callable[[TableRow], _Key]:
    def key(row: TableRow) -> _Key:
        found = value(row)
        return found is None, 0 if found is None else sign * float(found), row.number

    return key


def _by_dimension(dimension: Dimension) -> Callable[[TableRow], _Key]:
    return _by(lambda row: next((mark.score for mark in row.marks if mark.dimension is dimension), None), 1)


_ORDER: dict[Sort, Callable[[TableRow], _Key]] = {
    Sort.HIGHEST: _by(lambda row: row.total, -1),
    Sort.CHANGE: _by(lambda row: row.change, 1),
    Sort.TREND: _by(lambda row: row.trend, 1),
    **{Sort(dimension.value): _by_dimension(dimension) for dimension in Dimension},
    Sort.FLAGS: _by(lambda row: row.red_flags, -1),
    Sort.CHECKS: _by(lambda row: row.checks, 1),
    Sort.SUPERVISORS: _by(lambda row: row.supervisors, 1),
    Sort.NAME: lambda row: (False, row.name, row.number),
}
