"""What fails: a checklist's items by how often they did, and each finding with its photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from checklists.periods import Week
from checklists.tables import (
    Employee,
    Evidence,
    Finding,
    Inspection,
    InspectionState,
    Photo,
    TemplateRevision,
    User,
    Workspace,
    table_of,
)
from checklists.template import Bilingual, Dimension, Item
from inspect_api.scorecards.explain import EvidencePhoto
from inspect_api.scorecards.shapes import SiteRef
from sync import store
from sync.revisions import LoadedRevision

_employee = table_of(Employee)
_evidence = table_of(Evidence)
_finding = table_of(Finding)
_inspection = table_of(Inspection)
_photo = table_of(Photo)
_revision = table_of(TemplateRevision)
_user = table_of(User)
_workspace = table_of(Workspace)


@dataclass(frozen=True)
class FailedItem:
    """``failed`` of the ``inspections`` with this checklist found the item failed, of ``subjects`` different people or
    workspaces.

    Counted by check and not by employee: a workspace's check is one, however many answer for it. A check to which the
    item did not apply is among the ``inspections``.
    """

    key: str
    text: Bilingual
    standard: Bilingual | None
    critical: bool
    failed: int
    inspections: int
    subjects: int

    @property
    def share(self) -> Fraction:
        """In hundredths."""
        return Fraction(100 * self.failed, self.inspections)


@dataclass(frozen=True)
class Checklist:
    """A checklist that was used at the site in the weeks. ``key``: of its template."""

    key: str
    title: Bilingual
    dimension: Dimension
    inspections: int


@dataclass(frozen=True)
class FoundItem:
    """One finding, as a manager looks at it. ``employee``: None for a workspace."""

    inspection_id: str
    item_key: str
    item: Item | None
    critical: bool
    note: str | None
    captured_at: datetime
    week: str
    supervisor: str
    employee_id: str | None
    employee: str | None
    number: str | None
    workspace: str | None
    photos: tuple[EvidencePhoto, ...]


def checklists_used(connection: sa.Connection, site: SiteRef, weeks: Sequence[Week]) -> list[Checklist]:
    """In the order of their dimensions."""
    statement = (
        sa.select(_revision.c.template_key, sa.func.max(_revision.c.id).label("revision_id"), sa.func.count())
        .join(_inspection, _inspection.c.template_revision_id == _revision.c.id)
        .where(*_complete(site, weeks))
        .group_by(_revision.c.template_key)
    )
    found = []
    for key, revision_id, inspections in connection.execute(statement).all():
        template = _loaded(connection, {revision_id})[revision_id].template
        found.append(Checklist(key, template.title, template.dimension, inspections))
    return sorted(found, key=lambda one: (list(Dimension).index(one.dimension), one.key))


def failed_items(
    connection: sa.Connection, site: SiteRef, weeks: Sequence[Week], checklist: Checklist
) -> list[FailedItem]:
    """The items of one checklist that failed, most often first."""
    statement = (
        sa.select(
            _finding.c.item_key,
            sa.func.count().label("failed"),
            sa.func.count(sa.func.coalesce(_inspection.c.employee_id, _inspection.c.workspace_id).distinct()).label(
                "subjects"
            ),
            sa.func.max(_revision.c.id).label("revision_id"),
        )
        .join(_inspection, _inspection.c.id == _finding.c.inspection_id)
        .join(_revision, _revision.c.id == _inspection.c.template_revision_id)
        .where(*_complete(site, weeks), _revision.c.template_key == checklist.key)
        .group_by(_finding.c.item_key)
    )
    rows = connection.execute(statement).all()
    # The newest revision in which it failed: an item keeps its key for good, not its words.
    revisions = _loaded(connection, {row.revision_id for row in rows})
    found = []
    for row in rows:
        item = revisions[row.revision_id].items[row.item_key]
        found.append(
            FailedItem(
                key=item.key,
                text=item.text,
                standard=item.standard,
                critical=item.critical,
                failed=row.failed,
                inspections=checklist.inspections,
                subjects=row.subjects,
            )
        )
    return sorted(found, key=lambda one: (-one.failed, not one.critical, one.key))


def findings(
    connection: sa.Connection,
    site: SiteRef,
    week: Week,
    *,
    item_key: str | None = None,
    with_photos: bool = False,
    page: tuple[int, int] | None = None,
) -> tuple[list[FoundItem], int]:
    """The findings of a week, critical ones and then the latest first, and how many there are in all.

    ``page``: (offset, number) of the rows wanted; None for all.
    """
    where = [*_complete(site, [week])]
    if item_key is not None:
        where.append(_finding.c.item_key == item_key)
    if with_photos:
        where.append(
            sa.exists().where(
                _evidence.c.inspection_id == _finding.c.inspection_id, _evidence.c.item_key == _finding.c.item_key
            )
        )
    found = sa.select(_finding.c.inspection_id).join(_inspection, _inspection.c.id == _finding.c.inspection_id)
    count = connection.execute(sa.select(sa.func.count()).select_from(found.where(*where).subquery())).scalar_one()
    statement = _FINDINGS.where(*where)
    if page is not None:
        statement = statement.offset(page[0]).limit(page[1])
    rows = connection.execute(statement).all()
    photos = _photos(connection, {row.inspection_id for row in rows})
    revisions = _loaded(connection, {row.template_revision_id for row in rows})
    return [_found(row, revisions[row.template_revision_id].items, photos) for row in rows], count


_FINDINGS = (
    sa.select(
        _finding,
        _inspection.c.captured_at,
        _inspection.c.week,
        _inspection.c.template_revision_id,
        _inspection.c.employee_id,
        _employee.c.name.label("employee"),
        _employee.c.number,
        _workspace.c.name.label("workspace"),
        _user.c.name.label("supervisor"),
    )
    .join(_inspection, _inspection.c.id == _finding.c.inspection_id)
    .join(_user, _user.c.id == _inspection.c.supervisor_id)
    .outerjoin(_employee, _employee.c.id == _inspection.c.employee_id)
    .outerjoin(_workspace, _workspace.c.id == _inspection.c.workspace_id)
    .order_by(
        _finding.c.critical.desc(), _inspection.c.captured_at.desc(), _finding.c.inspection_id, _finding.c.item_key
    )
)


def _found(row: Any, items: dict[str, Item], photos: dict[tuple[str, str], list[EvidencePhoto]]) -> FoundItem:
    return FoundItem(
        inspection_id=row.inspection_id,
        item_key=row.item_key,
        item=items.get(row.item_key),
        critical=row.critical,
        note=row.note,
        captured_at=row.captured_at,
        week=row.week,
        supervisor=row.supervisor,
        employee_id=row.employee_id,
        employee=row.employee,
        number=row.number,
        workspace=row.workspace,
        photos=tuple(photos.get((row.inspection_id, row.item_key), ())),
    )


def _loaded(connection: sa.Connection, ids: set[str]) -> dict[str, LoadedRevision]:
    return {key: revision.loaded for key, revision in store.revisions(connection, ids).items()}


def _complete(site: SiteRef, weeks: Sequence[Week]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _inspection.c.site_id == site.id,
        _inspection.c.week.in_([str(week) for week in weeks]),
        _inspection.c.state == InspectionState.COMPLETE,
    )


def _photos(connection: sa.Connection, inspection_ids: set[str]) -> dict[tuple[str, str], list[EvidencePhoto]]:
    statement = (
        sa.select(
            _evidence.c.inspection_id, _evidence.c.item_key, _evidence.c.sha256, _photo.c.stored_at, _photo.c.deleted_at
        )
        .outerjoin(
            _photo,
            sa.and_(_photo.c.organisation_id == _evidence.c.organisation_id, _photo.c.sha256 == _evidence.c.sha256),
        )
        .where(_evidence.c.inspection_id.in_(sorted(inspection_ids)), _evidence.c.item_key.is_not(None))
        .order_by(_evidence.c.taken_at, _evidence.c.sha256)
    )
    found: dict[tuple[str, str], list[EvidencePhoto]] = {}
    for row in connection.execute(statement):
        state = "missing" if row.stored_at is None else "deleted" if row.deleted_at else "stored"
        photo = EvidencePhoto(row.sha256, row.item_key, state)
        found.setdefault((row.inspection_id, row.item_key), []).append(photo)
    return found
