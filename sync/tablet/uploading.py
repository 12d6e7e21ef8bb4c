"""Photos on their way: tus 1.0.0, in pieces, going on wherever the line broke. https://tus.io/protocols/resumable-upload

A piece is checked by its own hash, the whole by the hash that the change declares. A photo counts as arrived only on a
receipt that names that hash: a 204 to the last piece may have come from anywhere.
"""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urlsplit

import httpx
from msgspec import Struct

from sync.tablet.connection import Declined, Unreachable, decode
from sync.tablet.photos import Photo, PhotoQueue
from sync.tablet.session import Session

UPLOADS = "/api/v1/uploads"
CHUNK = 256 * 1024
_TUS = {"tus-resumable": "1.0.0"}
_CONTENT_TYPE = "application/offset+octet-stream"
_FRUITLESS = 5  # answers in a row that bring a photo no further; then it is the line's or the server's fault


class Receipt(Struct):
    """How an upload stands. ``state``: open, stored or refused."""

    sha256: str
    state: str
    refusal: str | None = None


class Uploaded(Struct):
    stored: int = 0
    refused: int = 0
    problem: str | None = None


class _Refused(Exception):
    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Uploader:
    """``between`` is called after each piece: what was typed meanwhile must not wait for a photo on a slow line."""

    def __init__(self, photos: PhotoQueue, session: Session, between: Callable[[], None], chunk: int = CHUNK) -> None:
        self._photos = photos
        self._session = session
        self._between = between
        self._chunk = chunk
        self.done = Uploaded()

    def upload_all(self) -> None:
        """Send what waits, oldest first. One photo that the server declines does not hold up the next.

        Raises Unreachable, LogInNeeded.
        """
        for photo in self._photos.waiting():
            try:
                self._upload(photo)
                self.done.stored += 1
            except _Refused as refused:
                self._refuse(photo, refused)
            except Declined as declined:
                self.done.problem = declined.code or str(declined)

    def _upload(self, photo: Photo) -> None:
        upload, offset = self._resume(photo) or self._create(photo)
        fruitless = 0
        while offset < photo.size:
            reached = self._send_piece(photo, upload, offset)
            fruitless = 0 if reached is not None and reached > offset else fruitless + 1
            if fruitless > _FRUITLESS:
                raise Unreachable("the upload gets no further")
            if reached is None:
                upload, offset = self._create(photo)
            else:
                offset = reached
            self._between()
        self._confirm(photo, upload)

    def _resume(self, photo: Photo) -> tuple[str, int] | None:
        """Where to go on; None when there is no upload to go on with."""
        if photo.upload is None:
            return None
        try:
            answer = self._session.request("HEAD", photo.upload, _TUS)
        except Declined as declined:
            if declined.status in (404, 410):
                return None
            raise _refusal(declined) or declined from declined
        return photo.upload, _offset(answer.headers)

    def _create(self, photo: Photo) -> tuple[str, int]:
        digest = b64encode(photo.sha256.encode()).decode()
        headers = {**_TUS, "upload-length": str(photo.size), "upload-metadata": f"sha256 {digest}"}
        try:
            answer = self._session.request("POST", UPLOADS, headers)
        except Declined as declined:
            raise _refusal(declined) or declined from declined
        upload = urlsplit(answer.headers.get("location", "")).path
        if not upload.startswith(UPLOADS + "/"):
            raise Unreachable("not an answer of the server: an upload without its address")
        self._photos.note_upload(photo.sha256, upload)
        return upload, _offset(answer.headers)

    def _send_piece(self, photo: Photo, upload: str, offset: int) -> int | None:
        """The offset reached, which may be the same; None when the upload is gone."""
        try:
            with self._photos.open(photo.sha256) as file:
                file.seek(offset)
                piece = file.read(self._chunk)
        except FileNotFoundError as error:
            raise _Refused("local_copy_missing") from error
        if not piece:
            raise _Refused("local_copy_damaged")
        headers = {
            **_TUS,
            "content-type": _CONTENT_TYPE,
            "upload-offset": str(offset),
            "upload-checksum": f"sha256 {b64encode(sha256(piece).digest()).decode()}",
        }
        try:
            return _offset(self._session.request("PATCH", upload, headers, piece).headers)
        except Declined as declined:
            if declined.status in (404, 410):
                return None
            refusal = _refusal(declined)
            if refusal is not None:
                raise refusal from declined
            if "upload-offset" in declined.headers:  # another offset, or a piece that was damaged on its way
                return int(declined.headers["upload-offset"])
            if declined.status == 409:
                raise Unreachable("another connection is at this upload") from declined
            raise

    def _confirm(self, photo: Photo, upload: str) -> None:
        receipt: Receipt = decode(self._session.request("GET", upload), Receipt)
        if receipt.state == "refused":
            raise _Refused(receipt.refusal or "photo_refused")
        if receipt.state != "stored" or receipt.sha256 != photo.sha256:
            raise Unreachable("the server has not confirmed the photo yet")
        self._photos.confirm(photo.sha256)

    def _refuse(self, photo: Photo, refused: _Refused) -> None:
        if refused.code == "hash_mismatch":
            if self._photos.is_undamaged(photo.sha256):
                self._photos.note_upload(photo.sha256, None)  # something on the way spoilt it: from the beginning
                self.done.problem = refused.code
                return
            refused = _Refused("local_copy_damaged", "the file on this tablet is no longer the photo that was taken")
        self._photos.refuse(photo.sha256, refused.code, refused.message)
        self.done.refused += 1


def _refusal(declined: Declined) -> _Refused | None:
    """What the server will never take, however often it is sent."""
    reason = declined.headers.get("upload-refused")
    if reason is not None or declined.status in (413, 422):
        return _Refused(reason or declined.code or "photo_refused", declined.message)
    return None


def _offset(headers: httpx.Headers) -> int:
    text = headers.get("upload-offset", "")
    if not text.isdigit():
        raise Unreachable("not an answer of the server: no offset")
    return int(text)
