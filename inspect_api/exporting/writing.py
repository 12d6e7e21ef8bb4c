"""From the database to the lines of an export: the same data give the same lines, whatever the order of arrival."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists import tables
from checklists.periods import Week
from checklists.scoring import stored
from checklists.tables import table_of
from inspect_api.exporting import shapes
from inspect_api.scorecards import collect
from inspect_api.scorecards.live import live_scores
from inspect_api.scorecards.shapes import SiteRef
from sync.tables import Change

_AT_ONCE = 500

_absence = table_of(tables.Absence)
_change = table_of(Change)
_decision = table_of(tables.InspectionDecision)
_dispute = table_of(tables.Dispute)
_dispute_event = table_of(tables.DisputeEvent)
_employee = table_of(tables.Employee)
_evidence = table_of(tables.Evidence)
_inspection = table_of(tables.Inspection)
_organisation = table_of(tables.Organisation)
_photo = table_of(tables.Photo)
_published_week = table_of(tables.PublishedWeek)
_responsibility = table_of(tables.WorkspaceResponsibility)
_revision = table_of(tables.TemplateRevision)
_scorecard = table_of(tables.Scorecard)
_site = table_of(tables.Site)


def export_lines(connection: sa.Connection, site: SiteRef, weeks: Sequence[Week], now: datetime) -> Iterator[bytes]:
    """The whole file in pieces. ``connection``: one snapshot; ``weeks``: the earliest first."""
    digest, count = hashlib.sha256(), 0
    for line in _lines(connection, site, weeks, now):
        encoded = shapes.encode(line)
        digest.update(encoded)
        count += 1
        yield encoded
    yield shapes.encode(shapes.End(count, digest.hexdigest()))


def _lines(connection: sa.Connection, site: SiteRef, weeks: Sequence[Week], now: datetime) -> Iterator[shapes.Line]:
    names = [str(week) for week in weeks]
    organisation = connection.execute(
        sa.select(_organisation.c.name).where(_organisation.c.id == site.organisation_id)
    ).scalar_one()
    yield shapes.Header(
        shapes.FORMAT, site.organisation_id, organisation, site.id, site.name, str(site.zone), names, now
    )
    zones = sa.select(_site.c.id, _site.c.zone).where(_site.c.organisation_id == site.organisation_id)
    for row in connection.execute(zones.order_by(_site.c.id)):
        yield shapes.Zone(row.id, row.zone)
    yield from _rules(connection, site, weeks)
    scorecards = _scorecards(connection, site, names)
    inspections = _inspection_ids(connection, site, weeks, scorecards)
    revisions, lines = _inspections(connection, inspections)
    yield from _revisions(connection, revisions)
    yield from _register(connection, site, weeks, {one.employee_id for one in scorecards})
    yield from lines
    yield from scorecards
    for week in weeks:
        for employee_id, live in sorted(live_scores(connection, site, week).items()):
            body = stored.to_json(live.score).decode()
            yield shapes.Current(employee_id, str(week), live.score.digest, body)


def _rules(connection: sa.Connection, site: SiteRef, weeks: Sequence[Week]) -> Iterator[shapes.Rules]:
    for week in weeks:
        pinned = sa.select(_published_week.c.week).where(
            _published_week.c.site_id == site.id, _published_week.c.week == str(week)
        )
        rules = msgspec.json.encode(collect.rules_of(connection, site, week), order="sorted")
        yield shapes.Rules(str(week), connection.execute(pinned).first() is not None, msgspec.Raw(rules))


def _scorecards(connection: sa.Connection, site: SiteRef, weeks: list[str]) -> list[shapes.Scorecard]:
    statement = (
        sa.select(_scorecard)
        .where(_scorecard.c.site_id == site.id, _scorecard.c.week.in_(weeks))
        .order_by(_scorecard.c.week, _scorecard.c.employee_id, _scorecard.c.version)
    )
    return [
        shapes.Scorecard(
            employee_id=row.employee_id,
            week=row.week,
            version=row.version,
            total=row.total,
            grade=row.grade,
            digest=row.digest,
            body=row.body,
            reasons=[one["cause"] for one in msgspec.json.decode(row.reason)] if row.reason else [],
            published_at=row.published_at,
        )
        for row in connection.execute(statement)
    ]


def _inspection_ids(
    connection: sa.Connection, site: SiteRef, weeks: Sequence[Week], scorecards: list[shapes.Scorecard]
) -> list[str]:
    """What was made at the site in the weeks in whatever state, what counts for its people, what versions were of."""
    near = {str(one) for week in weeks for one in (week.previous(), week, week.next())}
    mine = sa.select(_employee.c.id).where(_employee.c.site_id == site.id)
    theirs = sa.select(_responsibility.c.workspace_id).where(_responsibility.c.employee_id.in_(mine))
    statement = sa.select(_inspection.c.id).where(
        _inspection.c.organisation_id == site.organisation_id,
        sa.or_(
            sa.and_(_inspection.c.site_id == site.id, _inspection.c.week.in_([str(week) for week in weeks])),
            sa.and_(
                _inspection.c.week.in_(sorted(near)),
                sa.or_(_inspection.c.employee_id.in_(mine), _inspection.c.workspace_id.in_(theirs)),
                _inspection.c.captured_at >= weeks[0].starts_at(site.zone),
                _inspection.c.captured_at < weeks[-1].ends_at(site.zone),
            ),
        ),
    )
    found = set(connection.execute(statement).scalars())
    for card in scorecards:
        found.update(source.id for source in stored.from_json(card.body).sources)
    return sorted(found)


def _inspections(connection: sa.Connection, ids: list[str]) -> tuple[set[str], Iterator[shapes.Inspection]]:
    """The template revisions that they name, and their lines, a few hundred read at a time."""
    revisions: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        statement = (
            sa.select(_inspection.c.template_revision_id)
            .distinct()
            .where(_inspection.c.id.in_(ids[start : start + _AT_ONCE]), _inspection.c.template_revision_id.is_not(None))
        )
        revisions.update(connection.execute(statement).scalars())

    def lines() -> Iterator[shapes.Inspection]:
        for start in range(0, len(ids), _AT_ONCE):
            yield from _some_inspections(connection, ids[start : start + _AT_ONCE])

    return revisions, lines()


def _some_inspections(connection: sa.Connection, ids: list[str]) -> Iterator[shapes.Inspection]:
    changes = _by_inspection(
        connection,
        sa.select(_change).where(_change.c.inspection_id.in_(ids)).order_by(_change.c.stamp, _change.c.id),
    )
    photos = _by_inspection(
        connection,
        sa.select(_evidence.c.inspection_id, _evidence.c.sha256)
        .join(
            _photo,
            sa.and_(_photo.c.organisation_id == _evidence.c.organisation_id, _photo.c.sha256 == _evidence.c.sha256),
        )
        .where(_evidence.c.inspection_id.in_(ids))
        .order_by(_evidence.c.sha256),
    )
    decisions = _by_inspection(
        connection,
        sa.select(_decision).where(_decision.c.inspection_id.in_(ids)).order_by(_decision.c.at, _decision.c.id),
    )
    reviews = _reviews(connection, ids)
    sites = {
        row.id: row.site_id
        for row in connection.execute(
            sa.select(_inspection.c.id, _inspection.c.site_id).where(_inspection.c.id.in_(ids))
        )
    }
    for key in ids:
        yield shapes.Inspection(
            id=key,
            site_id=sites[key],
            changes=[
                shapes.ExportedChange(
                    row.body,
                    row.digest,
                    row.author_id,
                    row.skew_ms,
                    row.received_at,
                    erased=hashlib.sha256(row.body.encode()).hexdigest() != row.digest,
                )
                for row in changes.get(key, [])
            ],
            photos=[row.sha256 for row in photos.get(key, [])],
            decisions=[shapes.ExportedDecision(row.kind, row.counts, row.at) for row in decisions.get(key, [])],
            reviews=reviews.get(key, []),
        )


def _by_inspection(connection: sa.Connection, statement: sa.Select[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.inspection_id, []).append(row)
    return found


def _reviews(connection: sa.Connection, ids: list[str]) -> dict[str, list[shapes.ReviewTime]]:
    """When disputes about each were open, from their steps."""
    statement = (
        sa.select(_dispute.c.inspection_id, _dispute.c.id, _dispute_event.c.step, _dispute_event.c.at)
        .join(_dispute_event, _dispute_event.c.dispute_id == _dispute.c.id)
        .where(_dispute.c.inspection_id.in_(ids))
        .order_by(_dispute.c.opened_at, _dispute.c.id, _dispute_event.c.at, _dispute_event.c.id)
    )
    found: dict[str, list[shapes.ReviewTime]] = {}
    opened: dict[str, datetime] = {}
    inspection_of: dict[str, str] = {}
    for row in connection.execute(statement):
        inspection_of[row.id] = row.inspection_id
        if row.step in (tables.DisputeStep.OPENED, tables.DisputeStep.APPEALED):
            opened[row.id] = row.at
        elif row.step == tables.DisputeStep.ANSWERED:
            found.setdefault(row.inspection_id, []).append(shapes.ReviewTime(opened.pop(row.id), row.at))
    for key, at in opened.items():
        found.setdefault(inspection_of[key], []).append(shapes.ReviewTime(at, None))
    return found


def _revisions(connection: sa.Connection, ids: set[str]) -> Iterator[shapes.Revision]:
    statement = sa.select(_revision.c.id, _revision.c.sha256, _revision.c.body).where(_revision.c.id.in_(sorted(ids)))
    for row in connection.execute(statement.order_by(_revision.c.id)):
        yield shapes.Revision(row.id, row.sha256, row.body)


def _register(
    connection: sa.Connection, site: SiteRef, weeks: Sequence[Week], published: set[str]
) -> Iterator[shapes.Line]:
    """Who works at the site, or has a scorecard of it; their leave, and what they answered for."""
    concerned = sa.or_(_employee.c.site_id == site.id, _employee.c.id.in_(sorted(published)))
    own = sa.select(_employee.c.id).where(_employee.c.organisation_id == site.organisation_id, concerned)
    for row in connection.execute(sa.select(_employee).where(_employee.c.id.in_(own)).order_by(_employee.c.id)):
        here = row.site_id == site.id
        yield shapes.Employee(row.id, row.number, row.name, here, row.employed_from, row.employed_until)
    leave = (
        sa.select(_absence)
        .where(
            _absence.c.employee_id.in_(own),
            _absence.c.first_day <= weeks[-1].sunday,
            _absence.c.last_day >= weeks[0].monday,
        )
        .order_by(_absence.c.employee_id, _absence.c.first_day, _absence.c.id)
    )
    for row in connection.execute(leave):
        yield shapes.Absence(row.employee_id, row.first_day, row.last_day)
    answered_for = (
        sa.select(_responsibility)
        .where(
            _responsibility.c.employee_id.in_(own),
            _responsibility.c.starts_at < weeks[-1].ends_at(site.zone),
            sa.or_(_responsibility.c.ends_at.is_(None), _responsibility.c.ends_at > weeks[0].starts_at(site.zone)),
        )
        .order_by(_responsibility.c.employee_id, _responsibility.c.workspace_id, _responsibility.c.starts_at)
    )
    for row in connection.execute(answered_for):
        yield shapes.Responsibility(row.workspace_id, row.employee_id, row.starts_at, row.ends_at)
