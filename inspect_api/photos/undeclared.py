"""Stored photos that no inspection, dispute or corrective action declares.

Perhaps a tablet is still on its way with the change, perhaps not.
They are listed, not deleted: evidence cannot be told from rubbish until every tablet has spoken, and one that was
offline for months may still declare what it sent on its first minute of network.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec import Struct

from checklists.tables import CorrectiveAction, Dispute, Evidence, Photo, User
from checklists.tables.columns import table_of
from inspect_api.services import Services

MAX_LISTED = 500

_photo, _evidence, _user = table_of(Photo), table_of(Evidence), table_of(User)
_dispute, _action = table_of(Dispute), table_of(CorrectiveAction)


class UndeclaredPhoto(Struct, frozen=True):
    """``size``: bytes, as sent. ``uploaded_by``: id and name of who sent it, where that is still known."""

    sha256: str
    size: int
    stored_at: datetime
    uploaded_by: str | None
    uploaded_by_name: str | None


def undeclared_photos(services: Services, organisation_id: str) -> list[UndeclaredPhoto]:
    """The oldest first, at most ``MAX_LISTED``: stored longer than the setting ``undeclared_days`` ago."""
    before = services.clock() - timedelta(days=services.settings.undeclared_days)
    declared = sa.exists().where(
        _evidence.c.organisation_id == _photo.c.organisation_id, _evidence.c.sha256 == _photo.c.sha256
    )
    disputed = sa.exists().where(
        _dispute.c.organisation_id == _photo.c.organisation_id, _dispute.c.photo == _photo.c.sha256
    )
    mended = sa.exists().where(
        _action.c.organisation_id == _photo.c.organisation_id, _action.c.fix_photo == _photo.c.sha256
    )
    query = (
        sa.select(
            _photo.c.sha256, _photo.c.size, _photo.c.stored_at, _photo.c.uploaded_by, _user.c.name.label("by_name")
        )
        .join(_user, _user.c.id == _photo.c.uploaded_by, isouter=True)
        .where(
            _photo.c.organisation_id == organisation_id,
            _photo.c.deleted_at.is_(None),
            _photo.c.stored_at < before,
            ~declared,
            ~disputed,
            ~mended,
        )
        .order_by(_photo.c.stored_at, _photo.c.sha256)
        .limit(MAX_LISTED)
    )
    with services.database.read() as connection:
        rows = connection.execute(query).all()
    return [UndeclaredPhoto(row.sha256, row.size, row.stored_at, row.uploaded_by, row.by_name) for row in rows]
