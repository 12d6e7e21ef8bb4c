"""A photo that has arrived whole: processed, stored, recorded, and announced to the inspections that wait for it."""

import json
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import Audit, Photo
from checklists.tables.columns import table_of
from inspect_api.blobs import BlobStore
from inspect_api.photos.apart import process_apart
from inspect_api.photos.messages import SIZES, ProcessedPhoto, Refusal, version_path
from inspect_api.services import Services
from sync.arrivals import photo_arrived
from sync.statements import insert_missing

Write = Callable[[sa.Connection], None]

_photo = table_of(Photo)
_audit = table_of(Audit)


def blob_key(organisation_id: str, sha256: str, size: str, blob_sha256: str) -> str:
    """``size``: full, large or small. The content's own hash is in the name: a photo that is processed again by a
    newer decoder, after a crash before it was recorded, never meets other bytes under its key."""
    return f"{organisation_id}/{sha256}/{size}-{blob_sha256}.jpg"


def store_photo(
    services: Services,
    organisation_id: str,
    sha256: str,
    source: Path,
    *,
    uploaded_by: str,
    also: Write,
) -> None:
    """Process ``source``, whose hash has been verified, and record it. Blocks for the time of decoding; idempotent.

    The blobs are durable before the row that names them. ``also`` writes in the same transaction, and the inspections
    that declare the photo are made anew in it.

    :raises PhotoRefused: nothing is stored
    """
    if is_stored(services, organisation_id, sha256):
        with services.database.write() as connection:
            also(connection)
        return
    try:
        settings = services.settings
        processed = process_apart(source, max_pixels=settings.photo_max_pixels, at_once=settings.photo_workers)
        for size in SIZES:
            version = getattr(processed, size)
            services.blobs.put(blob_key(organisation_id, sha256, size, version.sha256), Path(version.path))
    finally:
        for size in SIZES:
            version_path(source, size).unlink(missing_ok=True)
    row = _row(services, processed, organisation_id, sha256, source.stat().st_size, uploaded_by)
    with services.database.write() as connection:
        insert_missing(connection, _photo, [row])
        also(connection)
        photo_arrived(connection, organisation_id, sha256, services.clock())


def is_stored(services: Services, organisation_id: str, sha256: str) -> bool:
    """Also true for a photo that was deleted by rule: it is not wanted again."""
    with services.database.read() as connection:
        query = sa.select(sa.literal(1)).where(_photo.c.organisation_id == organisation_id, _photo.c.sha256 == sha256)
        return connection.execute(query).first() is not None


def record_refusal(
    services: Services,
    organisation_id: str,
    sha256: str,
    user_id: str,
    reason: str,
    also: Write,
) -> None:
    """An administrator can read who sent what was refused, and why. ``also`` writes in the same transaction."""
    with services.database.write() as connection:
        connection.execute(
            _audit.insert().values(
                id=new_id(),
                organisation_id=organisation_id,
                actor_id=user_id,
                action="photo.refused",
                object_kind="photo",
                object_id=sha256,
                detail=json.dumps({"reason": str(reason)}),
                at=services.clock(),
            )
        )
        also(connection)


def delete_photo_blobs(blobs: BlobStore, organisation_id: str, sha256: str) -> None:
    """Take away every stored version, also those that a crash left unrecorded. Again is a no-op."""
    for key in blobs.keys(f"{organisation_id}/{sha256}"):
        blobs.delete(key)


def _row(
    services: Services, photo: ProcessedPhoto, organisation_id: str, sha256: str, size: int, uploaded_by: str
) -> dict[str, object]:
    return {
        "organisation_id": organisation_id,
        "sha256": sha256,
        "media_type": photo.media_type,
        "size": size,
        "width": photo.width,
        "height": photo.height,
        "taken_at": photo.taken_at,
        "full_sha256": photo.full.sha256,
        "large_sha256": photo.large.sha256,
        "small_sha256": photo.small.sha256,
        "uploaded_by": uploaded_by,
        "stored_at": services.clock(),
    }


REASONS: dict[str, tuple[str, str]] = {
    Refusal.EMPTY: ("文件为空，请重新拍摄", "The file is empty, take the photo again"),
    Refusal.NOT_AN_IMAGE: ("文件不是图片", "The file is not a picture"),
    Refusal.UNSUPPORTED: (
        "不支持这种图片格式，请使用 JPEG、PNG、WebP 或 HEIC",
        "This kind of picture is not supported, use JPEG, PNG, WebP or HEIC",
    ),
    Refusal.BOMB: ("图片像素过多，请降低分辨率后重新拍摄", "The picture has too many pixels, take it again smaller"),
    Refusal.TRUNCATED: ("图片不完整，请重新拍摄", "The picture ends too early, take it again"),
    Refusal.DAMAGED: ("图片已损坏，请重新拍摄", "The picture is damaged, take it again"),
}
"""Reason → what to tell the supervisor, in Chinese and English."""
