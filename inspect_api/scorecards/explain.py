"""An inspection from the inside: responses, rules, lost points, photos, history; and the lines of a week over them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.periods import Week
from checklists.responses import Response
from checklists.scoring.counting import CountedInspection, WhyNot
from checklists.scoring.explain import explain_trend, explain_week
from checklists.scoring.explain_inspection import explain_inspection
from checklists.scoring.inspection import InspectionScore, score_inspection
from checklists.scoring.lines import Line
from checklists.tables import Employee, Evidence, Inspection, Photo, TemplateRevision, User, Workspace, table_of
from checklists.template import Item, Template
from inspect_api.scorecards import collect
from inspect_api.scorecards.shapes import EmployeeWeek
from sync.merge import Live, conflicts, merge
from sync.paths import RESPONSES
from sync.projection import StoredChange, circumstances_of, responses_of
from sync.revisions import LoadedRevision, load_revision
from sync.store import stored_changes
from sync.tables import Change

_change = table_of(Change)
_employee = table_of(Employee)
_evidence = table_of(Evidence)
_inspection = table_of(Inspection)
_photo = table_of(Photo)
_revision = table_of(TemplateRevision)
_user = table_of(User)
_workspace = table_of(Workspace)


@dataclass(frozen=True)
class EvidencePhoto:
    """``state``: ``stored``, ``missing`` (declared, not arrived) or ``deleted`` (by rule)."""

    sha256: str
    item_key: str | None
    state: str


@dataclass(frozen=True)
class LostPoints:
    """An item below full marks. ``points``: what it cost of the inspection's 100, before any cap."""

    item: Item
    response: Response
    points: Fraction
    critical: bool
    photos: tuple[EvidencePhoto, ...]


@dataclass(frozen=True)
class ChangeRecord:
    """One change as it came: by whom, when, what and, after submission, why."""

    id: str
    stamp: str
    author: str
    received_at: datetime
    fields: dict[str, Any]
    reason: str | None


@dataclass(frozen=True)
class Said:
    """One of several writes of a path that do not know of each other. ``counts``: the one that counts meanwhile.

    ``response``: the answer, where the path is that of one.
    """

    author: str
    received_at: datetime
    value: Any
    response: Response | None
    counts: bool


@dataclass(frozen=True)
class Conflict:
    """``item``: what is answered, None where something else is in conflict. ``said``: the one that counts first."""

    path: str
    item: Item | None
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Explained:
    """``lines``: its computation. ``conflicts``: what two wrote differently, and nobody has decided yet."""

    id: str
    organisation_id: str
    site_id: str
    state: str
    dimension: str | None
    template: Template | None
    template_revision_id: str | None
    template_number: int | None
    employee_id: str | None
    employee: str | None
    workspace: str | None
    workspace_id: str | None
    supervisor_id: str | None
    supervisor: str | None
    captured_at: datetime | None
    clock_skewed: bool
    score: InspectionScore | None
    responses: dict[str, Response]
    lost: tuple[LostPoints, ...]
    photos: tuple[EvidencePhoto, ...]
    conflicts: tuple[Conflict, ...]
    changes: tuple[ChangeRecord, ...]
    lines: tuple[Line, ...]

    @property
    def arrived_at(self) -> datetime | None:
        """When its first change reached the server."""
        return min((change.received_at for change in self.changes), default=None)


@dataclass(frozen=True)
class ExplainedWeek:
    """``why_not``: inspection id → why it does not count. ``inspections`` are in the order of capture."""

    lines: tuple[Line, ...]
    trend_lines: tuple[Line, ...]
    inspections: tuple[Explained, ...]
    counted: dict[str, CountedInspection]
    why_not: dict[str, WhyNot]


def explain_employee_week(
    connection: sa.Connection, row: EmployeeWeek, before: Sequence[Fraction | None]
) -> ExplainedWeek:
    """Every line behind ``row``; ``before``: the totals of the three weeks before, the latest first."""
    found = dict(collect.inspections(connection, row.site, row.week, [row.employee_id])).get(row.employee_id, [])
    explained = explain_inspections(connection, [inspection.id for inspection in found])
    return ExplainedWeek(
        lines=tuple(explain_week(row.score, found, row.site.zone)),
        trend_lines=tuple(explain_trend([row.score.total, *before], row.score.rules)),
        inspections=tuple(explained[source.id] for source in row.score.sources),
        counted={inspection.id: inspection for inspection in found},
        why_not={out.inspection_id: out.reason for dimension in row.score.dimensions for out in dimension.left_out},
    )


def weeks_before(week: Week, count: int) -> list[Week]:
    """The weeks before, the latest first."""
    found: list[Week] = []
    while len(found) < count:
        week = week.previous()
        found.append(week)
    return found


def explain_inspections(connection: sa.Connection, ids: Collection[str]) -> dict[str, Explained]:
    """By id; an unknown one is left out."""
    if not ids:
        return {}
    changes = stored_changes(connection, ids)
    received = _received(connection, ids)
    photos = _photos(connection, ids)
    rows = connection.execute(
        sa.select(
            _inspection,
            _employee.c.name.label("employee"),
            _workspace.c.name.label("workspace"),
            _user.c.name.label("supervisor"),
            _revision.c.body,
            _revision.c.number.label("template_number"),
        )
        .outerjoin(_employee, _employee.c.id == _inspection.c.employee_id)
        .outerjoin(_workspace, _workspace.c.id == _inspection.c.workspace_id)
        .outerjoin(_user, _user.c.id == _inspection.c.supervisor_id)
        .outerjoin(_revision, _revision.c.id == _inspection.c.template_revision_id)
        .where(_inspection.c.id.in_(sorted(ids)))
    ).all()
    authors = _names(connection, {entry.author_id for entries in changes.values() for entry in entries})
    return {row.id: _explain(row, changes.get(row.id, []), received, authors, photos.get(row.id, ())) for row in rows}


def _explain(
    row: Any,
    stored: list[StoredChange],
    received: dict[str, datetime],
    authors: dict[str, str],
    photos: tuple[EvidencePhoto, ...],
) -> Explained:
    live = merge(entry.change for entry in stored)
    revision = load_revision(row.template_revision_id, row.body) if row.body else None
    responses, _ = responses_of(live, revision)
    applicable = revision.applicable(circumstances_of(live)) if revision else frozenset()
    score = score_inspection(revision.compiled, responses, applicable) if revision else None
    records = _records(stored, received, authors)
    return Explained(
        id=row.id,
        organisation_id=row.organisation_id,
        site_id=row.site_id,
        state=row.state,
        dimension=row.dimension,
        template=revision.template if revision else None,
        template_revision_id=row.template_revision_id,
        template_number=row.template_number,
        employee_id=row.employee_id,
        employee=row.employee,
        workspace=row.workspace,
        workspace_id=row.workspace_id,
        supervisor_id=row.supervisor_id,
        supervisor=row.supervisor,
        captured_at=row.captured_at,
        clock_skewed=row.clock_skewed,
        score=score,
        responses=responses,
        lost=_lost(revision, responses, score, photos) if revision and score else (),
        photos=photos,
        conflicts=_conflicts(live, revision, records),
        changes=records,
        lines=tuple(explain_inspection(revision.template, responses, applicable)) if revision else (),
    )


def _lost(
    revision: LoadedRevision,
    responses: dict[str, Response],
    score: InspectionScore,
    photos: tuple[EvidencePhoto, ...],
) -> tuple[LostPoints, ...]:
    compiled = {item.key: item for item in revision.compiled.items}
    found = []
    for key in score.below_full:
        own = compiled[key]
        units = own.units(responses[key].value) or 0
        if revision.compiled.deduction:
            points = Fraction(units)
        else:
            points = Fraction(100 * own.weight * (own.full - units), revision.compiled.unit * score.applicable)
        evidence = tuple(photo for photo in photos if photo.item_key == key)
        found.append(LostPoints(revision.items[key], responses[key], points, key in score.red_flags, evidence))
    return tuple(found)


def _conflicts(live: Live, revision: LoadedRevision | None, records: tuple[ChangeRecord, ...]) -> tuple[Conflict, ...]:
    """Every value that somebody wrote stays readable until somebody decides, having seen them all."""
    by_id = {record.id: record for record in records}
    found = []
    for path in conflicts(live):
        item = revision.items.get(path.removeprefix(RESPONSES)) if revision and path.startswith(RESPONSES) else None
        said: dict[tuple[str, bytes], Said] = {}  # the same by the same person is one, the latest
        for place, write in enumerate(live[path]):
            record = by_id[write.change_id]
            one = Said(
                author=record.author,
                received_at=record.received_at,
                value=write.value,
                response=_response(write.value) if item else None,
                counts=place == 0,
            )
            said.setdefault((record.author, msgspec.json.encode(write.value, order="deterministic")), one)
        found.append(Conflict(path, item, tuple(said.values())))
    return tuple(found)


def _response(value: Any) -> Response | None:
    """None for what this version does not understand: it is kept, and shown as it stands."""
    try:
        return msgspec.convert(value, Response)
    except msgspec.ValidationError:
        return None


def _records(
    stored: list[StoredChange], received: dict[str, datetime], authors: dict[str, str]
) -> tuple[ChangeRecord, ...]:
    records = [
        ChangeRecord(
            id=entry.change.id,
            stamp=entry.change.stamp,
            author=authors.get(entry.author_id, "–"),
            received_at=received[entry.change.id],
            fields=entry.change.fields,
            reason=entry.change.reason,
        )
        for entry in stored
    ]
    return tuple(sorted(records, key=lambda record: (record.received_at, record.stamp)))


def _received(connection: sa.Connection, ids: Collection[str]) -> dict[str, datetime]:
    statement = sa.select(_change.c.id, _change.c.received_at).where(_change.c.inspection_id.in_(sorted(ids)))
    return {row.id: row.received_at for row in connection.execute(statement)}


def _names(connection: sa.Connection, ids: Collection[str]) -> dict[str, str]:
    statement = sa.select(_user.c.id, _user.c.name).where(_user.c.id.in_(sorted(ids)))
    return {row.id: row.name for row in connection.execute(statement)}


def _photos(connection: sa.Connection, ids: Collection[str]) -> dict[str, tuple[EvidencePhoto, ...]]:
    statement = (
        sa.select(
            _evidence.c.inspection_id, _evidence.c.sha256, _evidence.c.item_key, _photo.c.stored_at, _photo.c.deleted_at
        )
        .outerjoin(
            _photo,
            sa.and_(_photo.c.organisation_id == _evidence.c.organisation_id, _photo.c.sha256 == _evidence.c.sha256),
        )
        .where(_evidence.c.inspection_id.in_(sorted(ids)))
        .order_by(_evidence.c.inspection_id, _evidence.c.taken_at, _evidence.c.sha256)
    )
    found: dict[str, list[EvidencePhoto]] = {}
    for row in connection.execute(statement):
        state = "missing" if row.stored_at is None else "deleted" if row.deleted_at else "stored"
        found.setdefault(row.inspection_id, []).append(EvidencePhoto(row.sha256, row.item_key, state))
    return {key: tuple(photos) for key, photos in found.items()}
