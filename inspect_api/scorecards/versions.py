"""Reading what was published: the versions of scorecards, which are never updated."""

from collections.abc import Collection, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.periods import Week
from checklists.scoring import stored
from checklists.scoring.arithmetic import from_text, to_text
from checklists.scoring.week import WeekScore
from checklists.tables import Employee, PublishedWeek, Scorecard, table_of
from inspect_api.scorecards.shapes import Correction, PublishedVersion, Reason, SiteRef

_employee = table_of(Employee)
_published_week = table_of(PublishedWeek)
_scorecard = table_of(Scorecard)
_reasons = msgspec.json.Decoder(tuple[Reason, ...])


def is_superseded(published: PublishedVersion, score: WeekScore) -> bool:
    """Whether the score of now is another one than was published: other inspections, or another standing."""
    return published.digest != score.digest or published.total != score.total


def newest(
    connection: sa.Connection, site: SiteRef, weeks: Sequence[Week], employee_ids: Collection[str] | None = None
) -> dict[tuple[str, str], PublishedVersion]:
    """(employee id, week) → the newest version, for the employees who are at the site now."""
    ranked = (
        sa.select(
            _scorecard,
            sa.func.row_number()
            .over(partition_by=(_scorecard.c.employee_id, _scorecard.c.week), order_by=_scorecard.c.version.desc())
            .label("place"),
        )
        .join(_employee, _employee.c.id == _scorecard.c.employee_id)
        .where(
            _employee.c.organisation_id == site.organisation_id,
            _employee.c.site_id == site.id,
            _scorecard.c.week.in_([str(week) for week in weeks]),
        )
    )
    if employee_ids is not None:
        ranked = ranked.where(_scorecard.c.employee_id.in_(sorted(employee_ids)))
    rows = ranked.subquery()
    columns = [rows.c[name] for name in _COLUMNS]
    statement = sa.select(rows.c.employee_id, rows.c.week, *columns).where(rows.c.place == 1)
    return {(row.employee_id, row.week): _version(row) for row in connection.execute(statement)}


def versions(connection: sa.Connection, employee_id: str, week: Week) -> list[PublishedVersion]:
    """All versions of one employee's week, oldest first."""
    statement = (
        sa.select(*(_scorecard.c[name] for name in _COLUMNS))
        .where(_scorecard.c.employee_id == employee_id, _scorecard.c.week == str(week))
        .order_by(_scorecard.c.version)
    )
    return [_version(row) for row in connection.execute(statement)]


def contents(connection: sa.Connection, employee_id: str, week: Week) -> dict[int, WeekScore]:
    """The whole content of every version of one employee's week, by number: what one compares them by."""
    statement = sa.select(_scorecard.c.version, _scorecard.c.body).where(
        _scorecard.c.employee_id == employee_id, _scorecard.c.week == str(week)
    )
    return {row.version: stored.from_json(row.body) for row in connection.execute(statement)}


def stored_scores(connection: sa.Connection, week: Week, versions_of: dict[str, int]) -> dict[str, WeekScore]:
    """Employee id → the whole content of the version asked for. A few at a time: a body is some kilobytes."""
    found: dict[str, WeekScore] = {}
    wanted = sorted(versions_of)
    for start in range(0, len(wanted), 500):
        statement = sa.select(_scorecard.c.employee_id, _scorecard.c.version, _scorecard.c.body).where(
            _scorecard.c.week == str(week), _scorecard.c.employee_id.in_(wanted[start : start + 500])
        )
        for employee_id, version, body in connection.execute(statement):
            if versions_of[employee_id] == version:
                found[employee_id] = stored.from_json(body)
    return found


def is_final(connection: sa.Connection, site: SiteRef, weeks: Sequence[Week]) -> frozenset[Week]:
    """Those of the weeks that are published as final at the site."""
    statement = sa.select(_published_week.c.week).where(
        _published_week.c.site_id == site.id,
        _published_week.c.final,
        _published_week.c.week.in_([str(week) for week in weeks]),
    )
    return frozenset(Week.parse(week) for week in connection.execute(statement).scalars())


def corrections(
    connection: sa.Connection, site_id: str, since: datetime, until: datetime, employee_id: str | None = None
) -> list[Correction]:
    """Versions published in ``since`` ≤ t < ``until`` that replaced a final one, oldest first. ``employee_id``: only
    theirs."""
    before = _scorecard.alias("before")
    statement = (
        sa.select(_scorecard, before.c.total.label("old"), _employee.c.number, _employee.c.name)
        .join(
            before,
            sa.and_(
                before.c.employee_id == _scorecard.c.employee_id,
                before.c.week == _scorecard.c.week,
                before.c.version == _scorecard.c.version - 1,
            ),
        )
        .join(_employee, _employee.c.id == _scorecard.c.employee_id)
        .where(
            _scorecard.c.site_id == site_id,
            _scorecard.c.version >= 2,
            _scorecard.c.published_at >= since,
            _scorecard.c.published_at < until,
            _scorecard.c.employee_id == employee_id if employee_id is not None else sa.true(),
        )
        .order_by(_scorecard.c.published_at, _employee.c.number, _scorecard.c.version)
    )
    return [_correction(row) for row in connection.execute(statement)]


_COLUMNS = ("version", "total", "grade", "digest", "reason", "published_at")


def _version(row: Any) -> PublishedVersion:
    return PublishedVersion(row.version, _total(row.total), row.grade, row.digest, _why(row.reason), row.published_at)


def _correction(row: Any) -> Correction:
    return Correction(
        employee_id=row.employee_id,
        number=row.number,
        name=row.name,
        week=Week.parse(row.week),
        old=_total(row.old),
        new=_total(row.total),
        reasons=_why(row.reason),
        version=row.version,
        published_at=row.published_at,
    )


def _total(text: str | None) -> Fraction | None:
    return None if text is None else from_text(text)


def _why(text: str) -> tuple[Reason, ...]:
    return _reasons.decode(text) if text else ()


def total_text(score: WeekScore) -> str | None:
    return None if score.total is None else to_text(score.total)
