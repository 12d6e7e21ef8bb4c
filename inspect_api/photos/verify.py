"""Proof that what is stored is what was stored: every version of every photo, by its hash."""

import hashlib
from dataclasses import dataclass, field

import sqlalchemy as sa

from checklists.tables import Photo
from checklists.tables.columns import table_of
from inspect_api.blobs import BlobStore
from inspect_api.database import Database
from inspect_api.photos.intake import blob_key
from inspect_api.photos.messages import SIZES

PAGE = 500

_photo = table_of(Photo)


@dataclass
class StoredPhotosReport:
    """``photos``: how many were looked at. ``missing``, ``damaged``: keys of blobs that are not there, or not whole."""

    photos: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.missing and not self.damaged


def verify_stored_photos(database: Database, blobs: BlobStore) -> StoredPhotosReport:
    """Read every blob of every photo that was not deleted by rule, of all organisations: this is a check of the
    installation, not of anybody's data. Takes as long as reading all photos."""
    report, last = StoredPhotosReport(), ("", "")
    while rows := _page(database, last):
        for row in rows:
            report.photos += 1
            for size in SIZES:
                _verify(blobs, row, size, report)
        last = (rows[-1].organisation_id, rows[-1].sha256)
    return report


def _verify(blobs: BlobStore, row: sa.Row[tuple[object, ...]], size: str, report: StoredPhotosReport) -> None:
    expected = getattr(row, f"{size}_sha256")
    key = blob_key(row.organisation_id, row.sha256, size, expected)
    digest = hashlib.sha256()
    try:
        for piece in blobs.stream(key):
            digest.update(piece)
    except FileNotFoundError:
        report.missing.append(key)
        return
    if digest.hexdigest() != expected:
        report.damaged.append(key)


def _page(database: Database, last: tuple[str, str]) -> list[sa.Row[tuple[object, ...]]]:
    columns = _photo.c
    query = (
        sa.select(columns.organisation_id, columns.sha256, *(columns[f"{size}_sha256"] for size in SIZES))
        .where(columns.deleted_at.is_(None))
        .where(sa.tuple_(columns.organisation_id, columns.sha256) > sa.tuple_(*map(sa.literal, last)))
        .order_by(columns.organisation_id, columns.sha256)
        .limit(PAGE)
    )
    with database.read() as connection:
        return list(connection.execute(query))
