"""Everything that is held about an employee, to be given to them: a ZIP with JSON and the photos."""

import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec
import sqlalchemy as sa

from checklists.tables import (
    Absence,
    Audit,
    CorrectiveAction,
    CorrectiveActionEvent,
    Dispute,
    DisputeEvent,
    Employee,
    Evidence,
    Finding,
    Inspection,
    InspectionDecision,
    Photo,
    Scorecard,
    ScorecardReceipt,
    User,
    WorkspaceResponsibility,
    table_of,
)
from inspect_api.administration import audit
from inspect_api.photos.intake import blob_key
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from sync.tables import Change

_employee, _user, _responsible = table_of(Employee), table_of(User), table_of(WorkspaceResponsibility)
_inspection, _evidence, _finding, _change = (table_of(one) for one in (Inspection, Evidence, Finding, Change))
_dispute, _dispute_event, _photo = table_of(Dispute), table_of(DisputeEvent), table_of(Photo)
_action, _action_event = table_of(CorrectiveAction), table_of(CorrectiveActionEvent)
_audit, _decision = table_of(Audit), table_of(InspectionDecision)
_SECRET = ("password_hash", "session_number")
_JSON_COLUMNS = ("body", "value", "detail", "reason")


def export_person(
    services: Services, organisation_id: str, employee_id: str, actor_id: str | None, target: Path | IO[bytes]
) -> None:
    """Write ``target``: ``person.json``, and ``photos/SHA256.jpg`` for each photo that is still there.

    Problem NOT_FOUND. The export itself is in the audit log.
    """
    now = services.clock()
    with services.database.read() as connection:
        mine = (_employee.c.id == employee_id, _employee.c.organisation_id == organisation_id)
        if connection.execute(sa.select(_employee.c.id).where(*mine)).first() is None:
            raise Problem(Code.NOT_FOUND, "没有这名员工", "There is no such employee")
        document = _document(connection, organisation_id, employee_id, now)
        photos = _photos(connection, organisation_id, employee_id)
    with services.database.write() as connection:
        audit.record(connection, organisation_id, actor_id, "employee.export", ("employee", employee_id), now)
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", text)
        for sha256, key in photos:
            info = zipfile.ZipInfo(f"photos/{sha256}.jpg", date_time=now.timetuple()[:6])
            with archive.open(info, "w") as file:
                for piece in services.blobs.stream(key):
                    file.write(piece)


def _document(connection: sa.Connection, organisation_id: str, employee_id: str, now: datetime) -> dict[str, Any]:
    own = sa.select(_inspection.c.id).where(_inspection.c.employee_id == employee_id)
    disputes = sa.select(_dispute.c.id).where(_dispute.c.employee_id == employee_id)
    actions = sa.select(_action.c.id).where(_action.c.employee_id == employee_id)
    wanted = {
        "employee": (_employee, _employee.c.id == employee_id),
        "accounts": (_user, _user.c.employee_id == employee_id),
        "absences": (table_of(Absence), table_of(Absence).c.employee_id == employee_id),
        "workspaces": (_responsible, _responsible.c.employee_id == employee_id),
        "scorecards": (table_of(Scorecard), table_of(Scorecard).c.employee_id == employee_id),
        "receipts": (table_of(ScorecardReceipt), table_of(ScorecardReceipt).c.employee_id == employee_id),
        "inspections": (_inspection, _inspection.c.employee_id == employee_id),
        "workspace_inspections": (_inspection, _of_workspaces(employee_id)),
        "findings": (_finding, _finding.c.inspection_id.in_(own)),
        "evidence": (_evidence, _evidence.c.inspection_id.in_(own)),
        "changes": (_change, _change.c.inspection_id.in_(own)),
        "decisions": (_decision, _decision.c.inspection_id.in_(own)),
        "disputes": (_dispute, _dispute.c.employee_id == employee_id),
        "dispute_steps": (_dispute_event, _dispute_event.c.dispute_id.in_(disputes)),
        "corrective_actions": (_action, _action.c.employee_id == employee_id),
        "corrective_action_steps": (_action_event, _action_event.c.action_id.in_(actions)),
        "log": (_audit, _about(organisation_id, employee_id, own)),
    }
    rows = {name: list(_rows(connection, table, condition)) for name, (table, condition) in wanted.items()}
    return {"organisation_id": organisation_id, "made_at": now, **rows}


def _about(organisation_id: str, employee_id: str, own: sa.Select[Any]) -> sa.ColumnElement[bool]:
    """What was done about them, each view of their photos included."""
    about = sa.or_(
        _audit.c.object_id == employee_id,
        _audit.c.object_id.in_(own),
        _audit.c.object_id.in_(_shown(employee_id, own)),
    )
    return (_audit.c.organisation_id == organisation_id) & about


def _shown(employee_id: str, own: sa.Select[Any]) -> sa.Select[Any]:
    """SHA-256 of the photos of their inspections and disputes, and of what was mended of theirs."""
    named = sa.union(
        sa.select(_evidence.c.sha256).where(_evidence.c.inspection_id.in_(own)),
        *(
            sa.select(photo).where(photo.table.c.employee_id == employee_id, photo.is_not(None))
            for photo in (_dispute.c.photo, _action.c.fix_photo)
        ),
    )
    return sa.select(named.subquery().c[0])


def _of_workspaces(employee_id: str) -> sa.ColumnElement[bool]:
    """Inspections of a workspace while it was theirs: they count for them."""
    return sa.exists().where(
        _responsible.c.employee_id == employee_id,
        _responsible.c.workspace_id == _inspection.c.workspace_id,
        _responsible.c.starts_at <= _inspection.c.captured_at,
        sa.or_(_responsible.c.ends_at.is_(None), _responsible.c.ends_at > _inspection.c.captured_at),
    )


def _rows(connection: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    """Every column but secrets; JSON that is kept as text is given as JSON."""
    columns = [column for column in table.c if column.name not in _SECRET]
    for row in connection.execute(sa.select(*columns).where(condition).order_by(*table.primary_key)).mappings():
        yield {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if name in _JSON_COLUMNS and isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return value


def _photos(connection: sa.Connection, organisation_id: str, employee_id: str) -> list[tuple[str, str]]:
    """SHA-256 and key of the full version of each photo that is there."""
    own = sa.select(_inspection.c.id).where(_inspection.c.employee_id == employee_id)
    rows = connection.execute(
        sa.select(_photo.c.sha256, _photo.c.full_sha256)
        .where(
            _photo.c.organisation_id == organisation_id,
            _photo.c.deleted_at.is_(None),
            _photo.c.sha256.in_(_shown(employee_id, own)),
        )
        .order_by(_photo.c.sha256)
    )
    return [(row.sha256, blob_key(organisation_id, row.sha256, "full", row.full_sha256)) for row in rows]
