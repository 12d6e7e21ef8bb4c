"""Reading scorecards: a site's week, one employee's week, its history, and what was corrected since.

What is read here counts every push that was acknowledged: the score is computed from the inspections as they are. The
published versions stand beside it, and only ``publication`` makes new ones.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa

from checklists.periods import Week, final_at, week_of
from checklists.scoring.week import trend
from checklists.tables import Employee, Inspection, PublishedWeek, table_of
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import collect, tablets
from inspect_api.scorecards.live import Live, live_scores, live_totals
from inspect_api.scorecards.shapes import (
    Cause,
    Correction,
    EmployeeWeek,
    ItemName,
    PublishedVersion,
    Reason,
    SiteRef,
    SiteWeek,
    State,
    Tablet,
    WeekTotal,
)
from inspect_api.scorecards.versions import contents, corrections, is_final, is_superseded, newest, versions

__all__ = [
    "Cause",
    "Correction",
    "EmployeeWeek",
    "ItemName",
    "PublishedVersion",
    "Reason",
    "SiteRef",
    "SiteWeek",
    "State",
    "Tablet",
    "WeekTotal",
    "contents",
    "corrections",
    "employee_site",
    "employee_week",
    "employee_weeks",
    "find_site",
    "has_inspections",
    "history",
    "reading_week",
    "site_week",
    "versions",
]

TREND_WEEKS = 4
_employee = table_of(Employee)
_inspection = table_of(Inspection)
_published_week = table_of(PublishedWeek)


def find_site(connection: sa.Connection, site_id: str) -> SiteRef:
    """Problem NOT_FOUND when there is none. Whoever asks still has to be checked against its organisation."""
    site = collect.site_ref(connection, site_id)
    if site is None:
        raise Problem(Code.NOT_FOUND, "没有这个场所", "There is no such site")
    return site


def employee_site(connection: sa.Connection, employee_id: str) -> SiteRef:
    """The site of an employee. Problem NOT_FOUND when there is no such employee."""
    site_id = connection.execute(sa.select(_employee.c.site_id).where(_employee.c.id == employee_id)).scalar()
    if site_id is None:
        raise Problem(Code.NOT_FOUND, "没有这名员工", "There is no such employee")
    return find_site(connection, site_id)


def site_week(connection: sa.Connection, site_id: str, week: Week, now: datetime) -> SiteWeek:
    """Everyone who was employed at the site in the week. Problem NOT_FOUND for an unknown site."""
    site = find_site(connection, site_id)
    rows = sorted(employee_weeks(connection, site, week).values(), key=_worst_first)
    published_at = sa.select(_published_week.c.published_at).where(
        _published_week.c.site_id == site.id, _published_week.c.week == str(week)
    )
    return SiteWeek(
        site=site,
        week=week,
        rows=rows,
        not_seen=[row for row in rows if not row.seen and not row.absent],
        tablets=tablets.behind(connection, site, week, now),
        published_at=connection.execute(published_at).scalar(),
    )


def employee_week(connection: sa.Connection, employee_id: str, week: Week) -> EmployeeWeek:
    """Problem NOT_FOUND for an unknown employee, or one who was not employed in that week."""
    site = employee_site(connection, employee_id)
    found = employee_weeks(connection, site, week, [employee_id])
    if employee_id not in found:
        raise Problem(Code.NOT_FOUND, "该员工当周不在职", "The employee was not employed in that week")
    return found[employee_id]


def history(connection: sa.Connection, employee_id: str, weeks: Sequence[Week]) -> list[WeekTotal]:
    """The total of each of the weeks, in their order: as published once final, live before."""
    site = employee_site(connection, employee_id)
    published = newest(connection, site, weeks, [employee_id])
    final = is_final(connection, site, weeks)
    points = []
    for week in weeks:
        version = published.get((employee_id, str(week)))
        number = version.version if version else None
        if version is not None and week in final:
            points.append(WeekTotal(week, version.total, version.grade, number))
            continue
        live = live_scores(connection, site, week, [employee_id]).get(employee_id)
        total, grade = (live.score.total, live.score.grade) if live else (None, None)
        points.append(WeekTotal(week, total, grade, number))
    return points


def working_week(site: SiteRef, now: datetime) -> Week:
    """The week that is running at the site."""
    return week_of(now, site.zone)


def reading_week(connection: sa.Connection, site: SiteRef, now: datetime) -> Week:
    """The week people look at when they say none: the last one until it is final, then the one that is running, once
    anything was inspected in it."""
    running = working_week(site, now)
    last = running.previous()
    if now >= final_at(last, site.zone) and has_inspections(connection, site.id, running):
        return running
    return last


def has_inspections(connection: sa.Connection, site_id: str, week: Week) -> bool:
    """Whether anything was inspected at the site in the week."""
    query = (
        sa.select(_inspection.c.id).where(_inspection.c.site_id == site_id, _inspection.c.week == str(week)).limit(1)
    )
    return connection.execute(query).first() is not None


def employee_weeks(
    connection: sa.Connection, site: SiteRef, week: Week, employee_ids: Collection[str] | None = None
) -> dict[str, EmployeeWeek]:
    """By employee id, everyone employed at the site in the week; ``employee_ids``: only these of them."""
    earlier = [week.previous()]
    while len(earlier) < TREND_WEEKS - 1:
        earlier.append(earlier[-1].previous())
    published = newest(connection, site, [week, *earlier], employee_ids)
    current = live_scores(connection, site, week, employee_ids)
    before = _totals_before(connection, site, earlier, published, employee_ids)
    found = {}
    for employee_id, live in current.items():
        totals = [before.get((employee_id, one)) for one in earlier]
        version = published.get((employee_id, str(week)))
        found[employee_id] = _employee_week(site, week, live, version, totals)
    return found


def _totals_before(
    connection: sa.Connection,
    site: SiteRef,
    weeks: Sequence[Week],
    published: dict[tuple[str, str], PublishedVersion],
    employee_ids: Collection[str] | None,
) -> dict[tuple[str, Week], Fraction | None]:
    """A final week counts as published; any other is computed, because a tablet can still move it at any moment."""
    final = is_final(connection, site, weeks)
    totals: dict[tuple[str, Week], Fraction | None] = {}
    for week in weeks:
        if week not in final:
            computed = live_totals(connection, site, week, employee_ids)
            totals.update({(key, week): total for key, total in computed.items()})
    for (employee_id, text), version in published.items():
        week = Week.parse(text)
        if week in final:
            totals[employee_id, week] = version.total
    return totals


def _employee_week(
    site: SiteRef, week: Week, live: Live, version: PublishedVersion | None, before: Sequence[Fraction | None]
) -> EmployeeWeek:
    entry, score = live
    return EmployeeWeek(
        employee_id=entry.employee_id,
        number=entry.number,
        name=entry.name,
        post_name=entry.post_name,
        site=site,
        week=week,
        score=score,
        version=version.version if version else None,
        state=version.state if version else State.LIVE,
        superseded=version is not None and is_superseded(version, score),
        published_total=version.total if version else None,
        previous_total=before[0],
        trend=trend([score.total, *before], score.rules),
    )


def _worst_first(row: EmployeeWeek) -> tuple[bool, Fraction, int, str]:
    return row.score.total is None, row.score.total or Fraction(0), -row.red_flags, row.number
