"""A photo that somebody declares beside their words: it must be one that they sent themselves."""

import re

import sqlalchemy as sa

from checklists.tables import Photo, table_of
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from inspect_api.uploads.store import UploadState
from sync.tables import Upload

_photo = table_of(Photo)
_upload = table_of(Upload)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def require_own_photo(connection: sa.Connection, user: Principal, sha256: str | None, path: str = "/photo") -> None:
    """Problem INVALID_FIELD unless the user uploaded it: naming a hash must not open somebody else's photo."""
    if sha256 is None:
        return
    sent = sa.select(_upload.c.id).where(
        _upload.c.organisation_id == user.organisation_id,
        _upload.c.user_id == user.user_id,
        _upload.c.sha256 == sha256,
        _upload.c.state == UploadState.STORED,
    )
    stored = sa.select(_photo.c.sha256).where(
        _photo.c.organisation_id == user.organisation_id,
        _photo.c.sha256 == sha256,
        _photo.c.uploaded_by == user.user_id,
        _photo.c.deleted_at.is_(None),
    )
    if not _SHA256.fullmatch(sha256) or not any(
        connection.execute(query.limit(1)).first() is not None for query in (stored, sent)
    ):
        raise Problem(Code.INVALID_FIELD, "请先上传照片", "Upload the photo first", path)
