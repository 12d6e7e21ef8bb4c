"""Which weeks of which sites are due for publication, and who was touched in those that are final."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from checklists.periods import Week, final_at, provisional_at, week_of
from checklists.tables import Employee, Inspection, PublishedWeek, Site, WorkspaceResponsibility, table_of
from inspect_api.scorecards.shapes import SiteRef

CATCH_UP_WEEKS = 8
"""How far back weeks are looked for one by one; a week before that is found by its inspections."""
RECHECK_WEEKS = 5
"""With each new week so many before it are compared in full: the register can change without touching inspections."""

_employee = table_of(Employee)
_inspection = table_of(Inspection)
_published = table_of(PublishedWeek)
_responsibility = table_of(WorkspaceResponsibility)
_site = table_of(Site)


class Stage(StrEnum):
    PROVISIONAL = "provisional"
    FINAL = "final"
    CORRECTION = "correction"


class Due(NamedTuple):
    """``employee_ids``: None means everyone at the site. ``seen_at``: the sites whose inspections it looks at."""

    stage: Stage
    site: SiteRef
    week: Week
    employee_ids: frozenset[str] | None
    seen_at: frozenset[str]


class Touched(NamedTuple):
    employee_ids: set[str]
    seen_at: set[str]


def everyone(stage: Stage, site: SiteRef, week: Week) -> Due:
    return Due(stage, site, week, None, frozenset((site.id,)))


def due_weeks(connection: sa.Connection, now: datetime) -> list[Due]:
    """Every publication with something to do; each site's weeks oldest first."""
    published = _published_weeks(connection)
    touched = _touched(connection)
    found: list[Due] = []
    for row in connection.execute(_SITES).all():
        site = SiteRef(row.id, row.organisation_id, row.name, ZoneInfo(row.zone))
        own = published.get(site.id, {})
        found += _of_site(connection, site, row.first_week, own, now)
        found += [
            Due(Stage.CORRECTION, site, week, frozenset(who.employee_ids), frozenset(who.seen_at))
            for week, who in sorted(touched.get(site.id, {}).items())
            if own.get(week)
        ]
    return found


# A sub-select per site instead of GROUP BY: each is one step down the index, however many inspections there are.
_SITES = sa.select(
    _site,
    sa.select(sa.func.min(_inspection.c.week))
    .where(_inspection.c.site_id == _site.c.id)
    .scalar_subquery()
    .label("first_week"),
).order_by(_site.c.id)


def _of_site(
    connection: sa.Connection, site: SiteRef, first_week: str | None, published: dict[Week, bool], now: datetime
) -> list[Due]:
    """``published``: week → whether it is final."""
    unfinished = {week for week, final in published.items() if not final}
    weeks = unfinished | (_recent(Week.parse(first_week), site, now) if first_week else set())
    found = [everyone(stage, site, week) for week in sorted(weeks) if (stage := _stage(week, site, published, now))]
    begun = [due.week for due in found if due.week not in published]
    if not begun:
        return found
    older = _unpublished_before(connection, site, min(begun), published)
    rechecked = sorted(week for week, final in published.items() if final)[-RECHECK_WEEKS:]
    return (
        [everyone(Stage.FINAL, site, week) for week in older]
        + [everyone(Stage.CORRECTION, site, week) for week in rechecked]
        + found
    )


def _stage(week: Week, site: SiteRef, published: dict[Week, bool], now: datetime) -> Stage | None:
    """What is due for the week. A provisional number that its time has passed by is not made up for."""
    if published.get(week):
        return None
    if now >= final_at(week, site.zone):
        return Stage.FINAL
    if week not in published and now >= provisional_at(week, site.zone):
        return Stage.PROVISIONAL
    return None


def _recent(first: Week, site: SiteRef, now: datetime) -> set[Week]:
    """The weeks that have ended, from the site's first inspection on, but no further back than ``CATCH_UP_WEEKS``."""
    week = week_of(now, site.zone).previous()
    weeks = set()
    for _ in range(CATCH_UP_WEEKS):
        if week < first:
            break
        weeks.add(week)
        week = week.previous()
    return weeks


def _unpublished_before(
    connection: sa.Connection, site: SiteRef, week: Week, published: dict[Week, bool]
) -> list[Week]:
    """Older weeks that have inspections and were never published: a tablet came back after months."""
    statement = (
        sa.select(_inspection.c.week)
        .where(_inspection.c.site_id == site.id, _inspection.c.week < str(week))
        .distinct()
        .order_by(_inspection.c.week)
    )
    weeks = [Week.parse(text) for text in connection.execute(statement).scalars() if text]
    return [week for week in weeks if week not in published]


def _published_weeks(connection: sa.Connection) -> dict[str, dict[Week, bool]]:
    """Site id → week → whether it is final."""
    found: dict[str, dict[Week, bool]] = {}
    for site_id, week, final in connection.execute(
        sa.select(_published.c.site_id, _published.c.week, _published.c.final)
    ):
        found.setdefault(site_id, {})[Week.parse(week)] = final
    return found


def _touched(connection: sa.Connection) -> dict[str, dict[Week, Touched]]:
    """Home site id → final week → employees whose inspections changed since the week was last looked at."""
    # For each published week this is one step into the index (site_id, week, updated_at).
    changed = sa.and_(
        _inspection.c.site_id == _published.c.site_id,
        _inspection.c.week == _published.c.week,
        _inspection.c.updated_at > _published.c.checked_until,
    )
    columns = (_employee.c.site_id, _published.c.week, _employee.c.id, _published.c.site_id.label("seen_at"))
    own = (
        sa.select(*columns)
        .select_from(_published)
        .join(_inspection, changed)
        .join(_employee, _employee.c.id == _inspection.c.employee_id)
        .where(_published.c.final)
    )
    answered_for = (
        sa.select(*columns)
        .select_from(_published)
        .join(_inspection, changed)
        .join(_responsibility, _responsibility.c.workspace_id == _inspection.c.workspace_id)
        .join(_employee, _employee.c.id == _responsibility.c.employee_id)
        .where(
            _published.c.final,
            _responsibility.c.starts_at <= _inspection.c.captured_at,
            sa.or_(_responsibility.c.ends_at.is_(None), _responsibility.c.ends_at > _inspection.c.captured_at),
        )
    )
    found: dict[str, dict[Week, Touched]] = {}
    for home, week, employee_id, seen_at in connection.execute(sa.union(own, answered_for)):
        touched = found.setdefault(home, {}).setdefault(Week.parse(week), Touched(set(), set()))
        touched.employee_ids.add(employee_id)
        touched.seen_at.add(seen_at)
    return found
