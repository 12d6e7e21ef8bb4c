"""Where an upload is kept while it grows: a row, and a file whose size is the truth about what has arrived."""

import contextlib
import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import sqlalchemy as sa

from checklists.ids import is_id
from checklists.tables.columns import table_of
from inspect_api import leftovers
from inspect_api.photos.messages import SIZES, version_path
from sync.tables import Upload

if sys.platform != "win32":
    import fcntl

ASIDE = "aside"
_upload = table_of(Upload)


class UploadState(StrEnum):
    OPEN = "open"
    STORED = "stored"
    REFUSED = "refused"


@dataclass(frozen=True)
class UploadRow:
    """``length``: bytes of the whole. ``refusal``: why, once it is refused."""

    id: str
    organisation_id: str
    user_id: str
    sha256: str
    length: int
    state: UploadState
    refusal: str | None
    expires_at: datetime


_COLUMNS = [_upload.c[name] for name in UploadRow.__dataclass_fields__]


def insert_upload(connection: sa.Connection, row: UploadRow, replica_id: str | None, now: datetime) -> None:
    values = {**vars(row), "state": str(row.state), "replica_id": replica_id, "created_at": now}
    received = row.length if row.state is UploadState.STORED else 0
    connection.execute(_upload.insert().values(**values, received=received))


def find_upload(connection: sa.Connection, upload_id: str, organisation_id: str, user_id: str) -> UploadRow | None:
    """Nobody sees another user's upload."""
    rows = _rows(
        connection,
        _upload.c.id == upload_id,
        _upload.c.organisation_id == organisation_id,
        _upload.c.user_id == user_id,
    )
    return rows[0] if rows else None


def open_uploads_of(connection: sa.Connection, organisation_id: str, user_id: str, sha256: str) -> list[UploadRow]:
    return _rows(
        connection,
        _upload.c.sha256 == sha256,
        _upload.c.organisation_id == organisation_id,
        _upload.c.user_id == user_id,
        _upload.c.state == str(UploadState.OPEN),
    )


def count_open_uploads(connection: sa.Connection, row: UploadRow, replica_id: str | None) -> int:
    """How many the tablet has that is about to make ``row``; without a tablet, its user without one."""
    query = sa.select(sa.func.count()).where(
        _upload.c.user_id == row.user_id,
        _upload.c.organisation_id == row.organisation_id,
        _upload.c.replica_id == replica_id,
        _upload.c.state == str(UploadState.OPEN),
    )
    return int(connection.execute(query).scalar_one())


def delete_open_uploads_like(connection: sa.Connection, row: UploadRow) -> int:
    """Those of the same photo and user, which answers that never arrived have left behind; gives how many."""
    return connection.execute(_upload.delete().where(*_like(row))).rowcount


def all_open_uploads(connection: sa.Connection) -> list[UploadRow]:
    return _rows(connection, _upload.c.state == str(UploadState.OPEN))


def expired_uploads(connection: sa.Connection, now: datetime) -> list[UploadRow]:
    return _rows(connection, _upload.c.expires_at <= now)


def note_received(connection: sa.Connection, upload_id: str, received: int) -> None:
    """For people who look at the table; the file is the truth."""
    connection.execute(_upload.update().where(_upload.c.id == upload_id).values(received=received))


def close_upload(connection: sa.Connection, row: UploadRow, state: UploadState, refusal: str | None = None) -> None:
    """Of a stored photo the user's other open uploads are stored with it: nothing of them is wanted any more."""
    if state is UploadState.STORED:
        closed = {"state": str(state), "received": _upload.c.length}
        connection.execute(_upload.update().where(*_like(row)).values(closed))
    connection.execute(
        _upload.update().where(_upload.c.id == row.id).values(state=str(state), refusal=refusal, received=row.length)
    )


def delete_upload(connection: sa.Connection, upload_id: str) -> None:
    connection.execute(_upload.delete().where(_upload.c.id == upload_id))


def _like(row: UploadRow) -> list[sa.ColumnElement[bool]]:
    return [
        _upload.c.sha256 == row.sha256,
        _upload.c.organisation_id == row.organisation_id,
        _upload.c.user_id == row.user_id,
        _upload.c.state == str(UploadState.OPEN),
    ]


def _rows(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[UploadRow]:
    found = connection.execute(sa.select(*_COLUMNS).where(*where).order_by(_upload.c.id)).mappings()
    return [UploadRow(**{**row, "state": UploadState(row["state"])}) for row in found]


class UploadBusy(Exception):
    """Another request is at this upload."""


class UploadFile:
    """The bytes of one upload, held exclusively."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._file = file

    def size(self) -> int:
        return self._file.seek(0, os.SEEK_END)

    def append(self, data: bytes | bytearray) -> None:
        self._file.seek(0, os.SEEK_END)
        with memoryview(data) as whole:  # given back at the end: a bytearray that is looked at cannot be emptied
            written = 0
            while written < len(whole):
                with whole[written:] as rest:
                    written += self._file.write(rest)

    def cut(self, size: int) -> None:
        self._file.truncate(size)

    def sync(self) -> None:
        """What has been written survives a power loss from here on."""
        os.fsync(self._file.fileno())

    def digest(self, algorithm: str, start: int = 0) -> bytes:
        """Of everything from byte ``start`` on, without holding it in memory."""
        self._file.seek(start)
        hashed = hashlib.new(algorithm)
        while piece := self._file.read(250_000):
            hashed.update(piece)
        return hashed.digest()


class UploadFiles:
    """The folder of growing uploads, ``data_dir/uploads``. Server processes that share uploads share this folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: set[str] = set()
        self._guard = threading.Lock()

    def size(self, upload_id: str) -> int:
        """Bytes that have arrived; 0 without a file."""
        try:
            return self._path(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def ids(self) -> list[str]:
        """Of the uploads that have a file here, also one that a killed process had made of it."""
        names = [path.name.partition(".")[0] for path in self._folder.iterdir()] if self._folder.is_dir() else []
        return [name for name in dict.fromkeys(names) if is_id(name)]

    @contextlib.contextmanager
    def aside(self, content: bytes) -> Iterator[Path]:
        """A file with the content, which is no upload and goes at the end."""
        (self._folder / ASIDE).mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._folder / ASIDE) as file:
            file.write(content)
            file.flush()
            yield Path(file.name)

    def sweep(self) -> None:
        """Remove what a killed process left of files aside."""
        leftovers.sweep(self._folder / ASIDE)

    @contextlib.contextmanager
    def hold(self, upload_id: str) -> Iterator[UploadFile]:
        """The file, made when it is not there, for one holder at a time.

        The lock is the kernel's: it goes with the process, so a killed server leaves no upload locked.

        :raises UploadBusy: it is held, here or in another process
        """
        with self._guard:
            if upload_id in self._held:
                raise UploadBusy(upload_id)
            self._held.add(upload_id)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._path(upload_id)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            with open(descriptor, "r+b", buffering=0) as file:  # noqa: PTH123 (of a descriptor, not of a path)
                _lock(file)
                yield UploadFile(path, file)
        finally:
            with self._guard:
                self._held.discard(upload_id)

    def remove(self, upload_id: str) -> None:
        path = self._path(upload_id)
        for size in SIZES:
            version_path(path, size).unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def _path(self, upload_id: str) -> Path:
        if not is_id(upload_id):
            raise ValueError("not an upload id")
        return self._folder / upload_id


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        return  # one process serves there, and it counts its own holders
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UploadBusy(file.name) from error
