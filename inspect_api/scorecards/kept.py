"""Tables of weeks, kept between two readings and brought up to date from the change feed.

Whoever reads after an acknowledged push sees that push: every reading asks the database, in its own snapshot, what has
happened since. What the feed tells (inspections, employees, disputes) is worked out again for the employees concerned;
anything else that a score depends on makes the whole table anew. Several processes keep tables of their own.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from checklists.periods import Week
from checklists.tables import (
    Absence,
    Dispute,
    Employee,
    Inspection,
    Organisation,
    PublishedWeek,
    Scorecard,
    Site,
    WorkspaceResponsibility,
    table_of,
)
from inspect_api.scorecards import service
from inspect_api.scorecards.shapes import SiteRef
from inspect_api.scorecards.week_table import WeekTable, table_row
from sync import feed
from sync.tables import FeedCounter, FeedRow

MOST_ROWS = 40_000
"""Kept in all, about 3 kB each; the tables that were not read for longest go first."""
MOST_CHANGES = 2_000
"""With more changes than this since the last reading the table is made anew."""
LARGE = 1_000
"""Employees of a site whose table takes about a second or more to make."""

_absence = table_of(Absence)
_counter = table_of(FeedCounter)
_dispute = table_of(Dispute)
_employee = table_of(Employee)
_feed_row = table_of(FeedRow)
_inspection = table_of(Inspection)
_organisation = table_of(Organisation)
_published_week = table_of(PublishedWeek)
_responsibility = table_of(WorkspaceResponsibility)
_scorecard = table_of(Scorecard)
_site = table_of(Site)

T = TypeVar("T")
_TOLD = (feed.INSPECTION, feed.EMPLOYEE, feed.DISPUTE)
_NO_MATTER = (feed.USER, feed.CORRECTIVE_ACTION, feed.TEMPLATE_REVISION, feed.WORKSPACE)


@dataclass
class _Kept:
    """``numbers``: scope → how far the feed was read. ``besides``: what the feed does not tell.

    ``others``: what was added up besides the table, as of the same reading.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    table: WeekTable | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    besides: Any = None
    others: dict[Hashable, Any] = field(default_factory=dict)


_Shelf = OrderedDict[tuple[str, Week], _Kept]
_shelves: WeakKeyDictionary[sa.Engine, _Shelf] = WeakKeyDictionary()
_guard = threading.Lock()


class TakesLong(Exception):
    """The table of a large site has to be made, or is being made: somebody who waits has to be told."""


def week_table(connection: sa.Connection, site: SiteRef, week: Week, *, patience: float | None = None) -> WeekTable:
    """The table as of this reading. ``connection``: one that reads; what is not committed must not be kept.

    ``patience``: for so many seconds somebody waits for another's making of it; then, or when a large table would have
    to be made, raises TakesLong. None: as long as it takes.
    """
    kept = _take(connection.engine, (site.id, week))
    if not kept.lock.acquire(timeout=-1 if patience is None else patience):
        raise TakesLong
    try:
        table = _bring_up_to_date(connection, kept, site, week, at_once=patience is not None)
    finally:
        kept.lock.release()
    _make_room(connection.engine)
    return table


def remembered(connection: sa.Connection, site: SiteRef, week: Week, key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gives, made again whenever anything has happened since: for sums over many inspections.

    ``key``: tells apart what is made. ``make`` reads over the same connection.
    """
    kept = _take(connection.engine, (site.id, week))
    with kept.lock:
        _bring_up_to_date(connection, kept, site, week)
        if key not in kept.others:
            kept.others[key] = make()
        found: T = kept.others[key]
    return found


def _bring_up_to_date(
    connection: sa.Connection, kept: _Kept, site: SiteRef, week: Week, *, at_once: bool = False
) -> WeekTable:
    """``at_once``: raises TakesLong instead of making a large one."""
    numbers, besides = _numbers(connection, site), _besides(connection, site, week)
    if kept.table is not None and (numbers, besides) == (kept.numbers, kept.besides):
        return kept.table
    changed = _changed(connection, kept, numbers) if kept.table and kept.besides == besides else None
    if changed is None or kept.table is None:
        if at_once and employed(connection, site.id) >= LARGE:
            raise TakesLong
        rows = service.employee_weeks(connection, site, week)
        kept.table = WeekTable(site, week, [table_row(row) for row in rows.values()])
    elif changed:
        kept.table = _renewed(connection, kept.table, changed)
    kept.numbers, kept.besides = numbers, besides
    kept.others = {}
    return kept.table


def employed(connection: sa.Connection, site_id: str) -> int:
    """How many employees the site has or had: about as many rows a table of it has."""
    found = sa.select(sa.func.count()).select_from(_employee).where(_employee.c.site_id == site_id)
    return int(connection.execute(found).scalar_one())


def _take(engine: sa.Engine, key: tuple[str, Week]) -> _Kept:
    with _guard:
        shelf = _shelves.setdefault(engine, OrderedDict())
        kept = shelf.setdefault(key, _Kept())
        shelf.move_to_end(key)
        return kept


def _make_room(engine: sa.Engine) -> None:
    with _guard:
        shelf = _shelves[engine]
        while len(shelf) > 1 and sum(len(one.table.rows) for one in shelf.values() if one.table) > MOST_ROWS:
            shelf.popitem(last=False)


def _numbers(connection: sa.Connection, site: SiteRef) -> dict[str, int]:
    """Of all sites of the organisation: an employee may be inspected at another site than their own."""
    sites = sa.select(_site.c.id).where(_site.c.organisation_id == site.organisation_id)
    statement = sa.select(_counter.c.scope_id, _counter.c.last_seq).where(_counter.c.scope_id.in_(sites))
    return {row.scope_id: row.last_seq for row in connection.execute(statement)}


def _besides(connection: sa.Connection, site: SiteRef, week: Week) -> tuple[Any, ...]:
    """Everything else that a row depends on: rules, leave, responsibilities, zones, and what is published."""
    earliest = week
    for _ in range(service.TREND_WEEKS - 1):
        earliest = earliest.previous()
    own = site.organisation_id
    between = (str(earliest), str(week))
    statements = (
        sa.select(_organisation.c.scoring_rules).where(_organisation.c.id == own),
        sa.select(_site.c.id, _site.c.zone).where(_site.c.organisation_id == own).order_by(_site.c.id),
        sa.select(_published_week)
        .where(_published_week.c.site_id == site.id, _published_week.c.week.between(*between))
        .order_by(_published_week.c.week),
        sa.select(_scorecard.c.week, sa.func.count())
        .where(_scorecard.c.site_id == site.id, _scorecard.c.week.between(*between))
        .group_by(_scorecard.c.week)
        .order_by(_scorecard.c.week),
        sa.select(_absence.c.employee_id, _absence.c.first_day, _absence.c.last_day)
        .where(
            _absence.c.organisation_id == own,
            _absence.c.first_day <= week.sunday,
            _absence.c.last_day >= earliest.monday,
        )
        .order_by(_absence.c.id),
        sa.select(
            sa.func.count(),
            sa.func.max(_responsibility.c.id),
            sa.func.max(_responsibility.c.starts_at),
            sa.func.count(_responsibility.c.ends_at),
            sa.func.max(_responsibility.c.ends_at),
        ).where(_responsibility.c.organisation_id == own),
    )
    return tuple(tuple(tuple(row) for row in connection.execute(statement)) for statement in statements)


def _changed(connection: sa.Connection, kept: _Kept, numbers: dict[str, int]) -> set[str] | None:
    """The employees whose rows are to be worked out again; None when all are."""
    told: list[tuple[str, str]] = []
    for scope_id, number in numbers.items():
        before = kept.numbers.get(scope_id, 0)
        if before > number:
            return None  # another reading was ahead of this snapshot, or a backup was restored
        if before < number:
            told += [
                (row.kind, row.object_id)
                for row in connection.execute(
                    sa.select(_feed_row.c.kind, _feed_row.c.object_id)
                    .where(_feed_row.c.scope_id == scope_id, _feed_row.c.seq > before)
                    .limit(MOST_CHANGES + 1)
                )
            ]
    if len(told) > MOST_CHANGES or any(kind not in _TOLD and kind not in _NO_MATTER for kind, _ in told):
        return None
    inspections = {key for kind, key in told if kind == feed.INSPECTION}
    disputes = sorted({key for kind, key in told if kind == feed.DISPUTE})
    if disputes:
        of_disputes = sa.select(_dispute.c.inspection_id).where(_dispute.c.id.in_(disputes))
        inspections.update(connection.execute(of_disputes).scalars())
    employees = {key for kind, key in told if kind == feed.EMPLOYEE}
    return employees | _concerned(connection, kept.table, inspections)


def _concerned(connection: sa.Connection, table: WeekTable | None, inspections: Iterable[str]) -> set[str]:
    """For whom these inspections count now, and for whom they counted when the table was made."""
    wanted = set(inspections)
    if not wanted:
        return set()
    rows = table.rows if table else ()
    concerned = {row.employee_id for row in rows if not wanted.isdisjoint(row.sources)}
    own = sa.select(_inspection.c.employee_id).where(
        _inspection.c.id.in_(sorted(wanted)), _inspection.c.employee_id.is_not(None)
    )
    answered_for = (
        sa.select(_responsibility.c.employee_id)
        .join(_inspection, _inspection.c.workspace_id == _responsibility.c.workspace_id)
        .where(_inspection.c.id.in_(sorted(wanted)))
    )
    for statement in (own, answered_for):
        concerned.update(connection.execute(statement).scalars())
    return concerned


def _renewed(connection: sa.Connection, table: WeekTable, employee_ids: set[str]) -> WeekTable:
    fresh = service.employee_weeks(connection, table.site, table.week, employee_ids)
    others = [row for row in table.rows if row.employee_id not in employee_ids]
    return WeekTable(table.site, table.week, others + [table_row(row) for row in fresh.values()])
