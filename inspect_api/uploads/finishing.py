"""An upload whose last byte has arrived: verified, processed, stored. Idempotent, so that a crash costs nothing."""

import logging
from collections.abc import Callable
from typing import NoReturn

import sqlalchemy as sa
from obstore.exceptions import BaseError

from inspect_api.photos.intake import REASONS, record_refusal, store_photo
from inspect_api.photos.messages import PhotoRefused
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from inspect_api.uploads import store
from inspect_api.uploads.store import UploadBusy, UploadFile, UploadFiles, UploadRow, UploadState

HASH_MISMATCH = "hash_mismatch"
_log = logging.getLogger(__name__)


def upload_files(services: Services) -> UploadFiles:
    return UploadFiles(services.settings.data_dir / "uploads")


def finish(services: Services, row: UploadRow, file: UploadFile) -> None:
    """Verify the hash of the whole, process and store the photo, and say so on the upload's row.

    The caller holds the file and has seen the row open since. The file goes once the outcome is committed.

    :raises Problem: HASH_MISMATCH or PHOTO_REFUSED, recorded; UNAVAILABLE when the store is out of reach: try again
    """
    if file.digest("sha256").hex() != row.sha256:
        _refuse(services, row, file, HASH_MISMATCH)
    try:
        stored = _closing(row, UploadState.STORED)
        store_photo(services, row.organisation_id, row.sha256, file.path, uploaded_by=row.user_id, also=stored)
    except PhotoRefused as refusal:
        _refuse(services, row, file, refusal.reason)
    except (OSError, BaseError, MemoryError) as error:
        _log.error("photo %s could not be stored: %s", row.sha256, error)
        raise Problem(Code.UNAVAILABLE, headers={"retry-after": "10"}) from error
    file.path.unlink(missing_ok=True)


def _refuse(services: Services, row: UploadRow, file: UploadFile, reason: str) -> NoReturn:
    refused = _closing(row, UploadState.REFUSED, str(reason))
    record_refusal(services, row.organisation_id, row.sha256, row.user_id, reason, refused)
    file.path.unlink(missing_ok=True)
    raise refusal_problem(reason)


def _closing(row: UploadRow, state: UploadState, reason: str | None = None) -> Callable[[sa.Connection], None]:
    return lambda connection: store.close_upload(connection, row, state, reason)


def refusal_problem(reason: str) -> Problem:
    """What the client is told, now and whenever it asks again."""
    if reason == HASH_MISMATCH:
        return Problem(Code.HASH_MISMATCH, headers={"upload-refused": reason}, extra={"reason": reason})
    zh, en = REASONS[reason]
    return Problem(Code.PHOTO_REFUSED, zh, en, extra={"reason": str(reason)}, headers={"upload-refused": str(reason)})


def finish_waiting_uploads(services: Services) -> int:
    """Finish what had arrived whole when the server was killed, without waiting for the tablet to ask again.

    Returns how many photos were stored; a job calls it.
    """
    files = upload_files(services)
    with services.database.read() as connection:
        waiting = [row for row in store.all_open_uploads(connection) if files.size(row.id) == row.length]
    return sum(_finish_one(services, files, row) for row in waiting)


def _finish_one(services: Services, files: UploadFiles, row: UploadRow) -> bool:
    try:
        with files.hold(row.id) as file:
            with services.database.read() as connection:
                now = store.find_upload(connection, row.id, row.organisation_id, row.user_id)
            if now is None or now.state is not UploadState.OPEN or file.size() != row.length:
                return False
            finish(services, row, file)
    except UploadBusy:
        return False
    except Problem as problem:
        _log.warning("upload %s: %s", row.id, problem)
        return False
    return True


def expire_uploads(services: Services) -> int:
    """Remove uploads past their time, files that no open upload owns, and half-written blobs. Returns how many uploads
    went.

    One that has arrived whole waits for ``finish_waiting_uploads`` instead: no photo is thrown away that is here.
    """
    files = upload_files(services)
    with services.database.read() as connection:
        expired = store.expired_uploads(connection, services.clock())
    removed = sum(_remove(services, files, row) for row in expired)
    # In this order: a file is only made after its row has been committed, so a file listed here has its row below.
    present = files.ids()
    with services.database.read() as connection:
        kept = {row.id for row in store.all_open_uploads(connection)}
    for upload_id in set(present) - kept:
        files.remove(upload_id)
    files.sweep()
    services.blobs.sweep()
    return removed


def _remove(services: Services, files: UploadFiles, row: UploadRow) -> bool:
    try:
        with files.hold(row.id) as file:
            if row.state is UploadState.OPEN and file.size() == row.length:
                return False
            with services.database.write() as connection:
                store.delete_upload(connection, row.id)
            file.path.unlink(missing_ok=True)
    except UploadBusy:
        return False
    return True
