"""Who may see a photo, and its bytes; every view is logged."""

import hashlib
import json
from dataclasses import dataclass

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import (
    Audit,
    CorrectiveAction,
    Dispute,
    Evidence,
    Inspection,
    InspectionState,
    Photo,
    WorkspaceResponsibility,
)
from checklists.tables.columns import table_of
from inspect_api.auth.principal import Principal
from inspect_api.disputes.reading import to_answer_elsewhere
from inspect_api.photos.intake import blob_key
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

_photo = table_of(Photo)
_audit = table_of(Audit)
_action = table_of(CorrectiveAction)
_dispute = table_of(Dispute)
_evidence = table_of(Evidence)
_inspection = table_of(Inspection)
_responsible = table_of(WorkspaceResponsibility)
_SUBMITTED = [str(InspectionState.INCOMPLETE), str(InspectionState.COMPLETE)]


@dataclass(frozen=True)
class ViewedPhoto:
    """``content``: a JPEG, checked against its hash, which is also its ``sha256``."""

    content: bytes
    sha256: str


def view_photo(services: Services, user: Principal, sha256: str, size: str) -> ViewedPhoto:
    """``size``: full, large or small. The view is committed to the log before the bytes are given.

    :raises Problem: NOT_FOUND when there is none that this user may see; UNAVAILABLE when its bytes are gone or wrong
    """
    with services.database.read() as connection:
        inspection_id = (
            connection.execute(_declaring(user, sha256).limit(1)).scalar()
            or connection.execute(_beside(user, sha256).limit(1)).scalar()
            or _to_decide(connection, user, sha256)
        )
        row = connection.execute(_stored(user, sha256)).mappings().first()
    if inspection_id is None or row is None or row["deleted_at"] is not None:
        raise Problem(Code.NOT_FOUND)
    expected = row[f"{size}_sha256"]
    content = _content(services, blob_key(user.organisation_id, sha256, size, expected), expected)
    with services.database.write() as connection:
        connection.execute(
            _audit.insert().values(
                id=new_id(),
                organisation_id=user.organisation_id,
                actor_id=user.user_id,
                action="photo.view",
                object_kind="photo",
                object_id=sha256,
                detail=json.dumps({"inspection_id": inspection_id, "size": size}),
                at=services.clock(),
            )
        )
    return ViewedPhoto(content, expected)


def photo_state(services: Services, user: Principal, sha256: str) -> str:
    """``stored``, ``deleted`` (by rule) or ``missing``, in the user's organisation."""
    with services.database.read() as connection:
        row = connection.execute(_stored(user, sha256)).mappings().first()
    if row is None:
        return "missing"
    return "stored" if row["deleted_at"] is None else "deleted"


def _content(services: Services, key: str, expected: str) -> bytes:
    try:
        content = services.blobs.get(key)
    except FileNotFoundError as error:
        raise Problem(Code.UNAVAILABLE, "照片文件缺失，请联系管理员", "The file of this photo is gone") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise Problem(Code.UNAVAILABLE, "照片文件已损坏，请联系管理员", "The file of this photo is damaged")
    return content


def _stored(user: Principal, sha256: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(_photo).where(_photo.c.organisation_id == user.organisation_id, _photo.c.sha256 == sha256)


def _declaring(user: Principal, sha256: str) -> sa.Select[tuple[str]]:
    """Inspections with this photo whose photos the user may see."""
    query = (
        sa.select(_inspection.c.id)
        .join(_evidence, _evidence.c.inspection_id == _inspection.c.id)
        .where(
            _evidence.c.organisation_id == user.organisation_id,
            _inspection.c.organisation_id == user.organisation_id,
            _evidence.c.sha256 == sha256,
        )
    )
    if user.is_administrator:
        return query
    allowed: sa.ColumnElement[bool] = _inspection.c.site_id.in_(sorted(user.managed_sites() | user.inspected_sites()))
    if user.employee_id is not None:
        allowed = sa.or_(allowed, sa.and_(_inspection.c.state.in_(_SUBMITTED), _about(user.employee_id)))
    return query.where(allowed)


def _beside(user: Principal, sha256: str) -> sa.CompoundSelect[tuple[str | None]]:
    """Inspections to which somebody sent the photo in a dispute or a corrective action that the user may read."""
    disputed = sa.select(_dispute.c.inspection_id).where(
        _dispute.c.organisation_id == user.organisation_id, _dispute.c.photo == sha256
    )
    mended = sa.select(sa.func.coalesce(_action.c.inspection_id, _action.c.id)).where(
        _action.c.organisation_id == user.organisation_id, _action.c.fix_photo == sha256
    )
    if not user.is_administrator:
        disputed = disputed.where(
            sa.or_(
                _dispute.c.site_id.in_(sorted(user.managed_sites())), _dispute.c.employee_id == (user.employee_id or "")
            )
        )
        sites = sorted(user.managed_sites() | user.inspected_sites())
        mended = mended.where(sa.or_(_action.c.site_id.in_(sites), _action.c.owner_id == user.user_id))
    return sa.union_all(disputed, mended)


def _to_decide(connection: sa.Connection, user: Principal, sha256: str) -> str | None:
    """An inspection of another site with this photo, whose dispute nobody nearer than this user may answer."""
    for view in to_answer_elsewhere(connection, user):
        declared = sa.select(_evidence.c.sha256).where(
            _evidence.c.inspection_id == view.inspection_id, _evidence.c.sha256 == sha256
        )
        if view.photo == sha256 or connection.execute(declared).first() is not None:
            return view.inspection_id
    return None


def _about(employee_id: str) -> sa.ColumnElement[bool]:
    """The inspection is of the employee, or of a workspace that was theirs at the time."""
    at = _inspection.c.captured_at
    theirs = sa.exists().where(
        _responsible.c.organisation_id == _inspection.c.organisation_id,
        _responsible.c.workspace_id == _inspection.c.workspace_id,
        _responsible.c.employee_id == employee_id,
        _responsible.c.starts_at <= at,
        sa.or_(_responsible.c.ends_at.is_(None), _responsible.c.ends_at > at),
    )
    return sa.or_(_inspection.c.employee_id == employee_id, theirs)
