"""Everything that scores, read in a fixed number of statements however many employees there are."""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from checklists.periods import Week
from checklists.scoring.arithmetic import from_text
from checklists.scoring.counting import CountedInspection, DuplicateDecision
from checklists.scoring.rules import ScoringRules
from checklists.scoring.week import Standing
from checklists.tables import (
    Absence,
    Dispute,
    DisputeState,
    Employee,
    Inspection,
    InspectionState,
    Organisation,
    Post,
    PublishedWeek,
    Site,
    TemplateRevision,
    WorkspaceResponsibility,
    table_of,
)
from checklists.template import Dimension
from inspect_api.scorecards.shapes import SiteRef

_absence = table_of(Absence)
_dispute = table_of(Dispute)
_employee = table_of(Employee)
_inspection = table_of(Inspection)
_organisation = table_of(Organisation)
_post = table_of(Post)
_published_week = table_of(PublishedWeek)
_responsibility = table_of(WorkspaceResponsibility)
_revision = table_of(TemplateRevision)
_site = table_of(Site)

_DAY = timedelta(days=1)
_DIMENSIONS = {dimension.value: dimension for dimension in Dimension}
_COLUMNS = (
    _inspection.c.id,
    _inspection.c.revision,
    _inspection.c.dimension,
    _inspection.c.template_revision_id,
    _inspection.c.employee_id,
    _inspection.c.workspace_id,
    _inspection.c.supervisor_id,
    _inspection.c.captured_at,
    _inspection.c.score,
    _inspection.c.uncapped,
    _inspection.c.red_flags,
    _inspection.c.low_coverage,
    _inspection.c.low_coverage_accepted,
    _inspection.c.duplicate_decision,
    _inspection.c.conflicts,
)


@dataclass(frozen=True)
class Entry:
    """An employee who was employed on some day of the week."""

    employee_id: str
    number: str
    name: str
    post_name: str | None
    employed_from: date
    employed_until: date | None


def site_ref(connection: sa.Connection, site_id: str) -> SiteRef | None:
    row = connection.execute(sa.select(_site).where(_site.c.id == site_id)).one_or_none()
    return None if row is None else SiteRef(row.id, row.organisation_id, row.name, ZoneInfo(row.zone))


def rules_of(connection: sa.Connection, site: SiteRef, week: Week) -> ScoringRules:
    """Those that held when the week was first published; the organisation's present ones before that."""
    pinned = sa.select(_published_week.c.rules).where(
        _published_week.c.site_id == site.id, _published_week.c.week == str(week)
    )
    present = sa.select(_organisation.c.scoring_rules).where(_organisation.c.id == site.organisation_id)
    found = connection.execute(pinned).scalar() or connection.execute(present).scalar_one()
    return msgspec.json.decode(found, type=ScoringRules)


def roster(
    connection: sa.Connection, site: SiteRef, week: Week, employee_ids: Collection[str] | None = None
) -> dict[str, Entry]:
    """By employee id. ``employee_ids``: only these."""
    statement = (
        sa.select(
            _employee.c.id,
            _employee.c.number,
            _employee.c.name,
            _post.c.name.label("post_name"),
            _employee.c.employed_from,
            _employee.c.employed_until,
        )
        .outerjoin(_post, _post.c.id == _employee.c.post_id)
        .where(
            _employee.c.organisation_id == site.organisation_id,
            _employee.c.site_id == site.id,
            _employee.c.employed_from <= week.sunday,
            sa.or_(_employee.c.employed_until.is_(None), _employee.c.employed_until >= week.monday),
        )
    )
    if employee_ids is not None:
        statement = statement.where(_employee.c.id.in_(sorted(employee_ids)))
    return {row.id: Entry(*row) for row in connection.execute(statement)}


def standings(connection: sa.Connection, site: SiteRef, week: Week, entries: dict[str, Entry]) -> dict[str, Standing]:
    """What the register says of each; somebody is absent who was at work on no day of the week."""
    statement = (
        sa.select(_absence.c.employee_id, _absence.c.first_day, _absence.c.last_day)
        .join(_employee, _employee.c.id == _absence.c.employee_id)
        .where(
            _absence.c.organisation_id == site.organisation_id,
            _employee.c.site_id == site.id,
            _absence.c.first_day <= week.sunday,
            _absence.c.last_day >= week.monday,
        )
    )
    away: dict[str, list[tuple[date, date]]] = {}
    for employee_id, first, last in connection.execute(statement):
        away.setdefault(employee_id, []).append((first, last))
    return {
        key: Standing(entry.employed_from, key in away and _absent(entry, away[key], week))
        for key, entry in entries.items()
    }


def _absent(entry: Entry, away: list[tuple[date, date]], week: Week) -> bool:
    days = [week.monday + n * _DAY for n in range(7)]
    employed = [
        d for d in days if entry.employed_from <= d and (entry.employed_until is None or d <= entry.employed_until)
    ]
    return all(any(first <= day <= last for first, last in away) for day in employed)


def inspections(
    connection: sa.Connection, site: SiteRef, week: Week, employee_ids: Collection[str] | None = None
) -> Generator[tuple[str, list[CountedInspection]], None, None]:
    """Employee id → complete inspections of the week, own and of workspaces they answered for; only who has some."""
    keys = _template_keys(connection, site.organisation_id)
    disputed = _disputed(connection, site.organisation_id)
    statement = _statement(connection, site, week, employee_ids)
    # Closed at once also when the reader stops half-way: on PostgreSQL this is a cursor that the server keeps open.
    with connection.execute(statement, execution_options={"yield_per": 2000}) as rows:
        for employee_id, group in groupby(rows, key=itemgetter(0)):
            yield employee_id, [_counted(row, keys, disputed) for row in group]


def _statement(
    connection: sa.Connection, site: SiteRef, week: Week, employee_ids: Collection[str] | None
) -> sa.CompoundSelect[Any] | sa.Select[Any]:
    in_week = (
        _inspection.c.organisation_id == site.organisation_id,
        _inspection.c.state == InspectionState.COMPLETE,
        _inspection.c.score.is_not(None),
        _inspection.c.week.in_(_weeks(connection, site, week)),
        _inspection.c.captured_at >= week.starts_at(site.zone),
        _inspection.c.captured_at < week.ends_at(site.zone),
    )
    own = (
        sa.select(_employee.c.id.label("counts_for"), *_COLUMNS)
        .join(_employee, _employee.c.id == _inspection.c.employee_id)
        .where(_employee.c.site_id == site.id, *in_week)
    )
    answered_for = (
        sa.select(_employee.c.id.label("counts_for"), *_COLUMNS)
        .join(_responsibility, _responsibility.c.workspace_id == _inspection.c.workspace_id)
        .join(_employee, _employee.c.id == _responsibility.c.employee_id)
        .where(
            _employee.c.site_id == site.id,
            _responsibility.c.starts_at <= _inspection.c.captured_at,
            sa.or_(_responsibility.c.ends_at.is_(None), _responsibility.c.ends_at > _inspection.c.captured_at),
            *in_week,
        )
    )
    if employee_ids is not None:
        wanted = _employee.c.id.in_(sorted(employee_ids))
        own, answered_for = own.where(wanted), answered_for.where(wanted)
    return sa.union_all(own, answered_for).order_by("counts_for")


def _weeks(connection: sa.Connection, site: SiteRef, week: Week) -> list[str]:
    """The values of ``inspection.week`` to look at.

    It was reckoned in the zone of the site where the inspection was made. When the organisation spans zones, an
    employee's week can hold one that was made next to midnight under another site's date.
    """
    zones = sa.select(sa.func.count(_site.c.zone.distinct())).where(_site.c.organisation_id == site.organisation_id)
    if connection.execute(zones).scalar_one() == 1:
        return [str(week)]
    return [str(week.previous()), str(week), str(week.next())]


def _template_keys(connection: sa.Connection, organisation_id: str) -> dict[str, str]:
    statement = sa.select(_revision.c.id, _revision.c.template_key).where(
        _revision.c.organisation_id == organisation_id
    )
    return {row.id: row.template_key for row in connection.execute(statement)}


def _disputed(connection: sa.Connection, organisation_id: str) -> frozenset[str]:
    """The inspections with an open dispute: they count, and are under review."""
    statement = sa.select(_dispute.c.inspection_id).where(
        _dispute.c.organisation_id == organisation_id, _dispute.c.state == DisputeState.OPEN
    )
    return frozenset(connection.execute(statement).scalars())


# Ten thousand employees share a few hundred different scores; parsing each text once saves most of the time.
_points = lru_cache(maxsize=20_000)(from_text)


def _counted(row: Any, template_keys: dict[str, str], disputed: frozenset[str]) -> CountedInspection:
    # By position: this runs a hundred thousand times for a large site, and names cost half as much again.
    (
        _,
        inspection_id,
        revision,
        dimension,
        template_revision_id,
        employee_id,
        workspace_id,
        supervisor_id,
        captured_at,
        score,
        uncapped,
        red_flags,
        low_coverage,
        low_coverage_accepted,
        duplicate_decision,
        conflicts,
    ) = row
    return CountedInspection(
        id=inspection_id,
        revision=revision,
        dimension=_DIMENSIONS[dimension],
        template_key=template_keys[template_revision_id],
        template_revision_id=template_revision_id,
        subject_id=employee_id or workspace_id,
        supervisor_id=supervisor_id,
        captured_at=captured_at,
        score=_points(score),
        uncapped=_points(uncapped or score),
        red_flags=tuple(red_flags.split()),
        low_coverage=low_coverage,
        low_coverage_accepted=low_coverage_accepted,
        duplicate_decision=DuplicateDecision(duplicate_decision) if duplicate_decision else None,
        under_review=conflicts > 0 or inspection_id in disputed,
    )
