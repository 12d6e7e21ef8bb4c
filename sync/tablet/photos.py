"""Photos on the tablet: on the disk from the moment they are taken until the server has confirmed their hash."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from checklists.ids import new_id
from sync.tablet.store import Store

WAITING, STORED, REFUSED = "waiting", "stored", "refused"
_PIECE = 1_000_000
_HALF_WRITTEN = ".part"


class Photo(Struct, frozen=True):
    """``upload``: address of the upload on the server, once begun. ``code``, ``message``: why it was refused."""

    sha256: str
    size: int
    state: str
    upload: str | None
    since: datetime
    code: str | None
    message: str | None


class PhotoQueue:
    """Bytes in ``folder/photos``, one file for each SHA-256; what is known of them in the tablet's database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.folder / "photos"
        self._folder.mkdir(exist_ok=True)
        self._sweep()

    def keep(self, content: bytes | Path) -> tuple[str, int]:
        """Make the bytes durable; gives their SHA-256 and size. ``add`` them next. A file is copied piece by piece."""
        part = self._folder / f"{new_id()}{_HALF_WRITTEN}"
        with part.open("wb") as file:
            if isinstance(content, Path):
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file, _PIECE)
            else:
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        digest = _digest(part)
        part.replace(self.path(digest))
        _sync_folder(self._folder)
        return digest, size

    def add(self, digest: str, size: int, now: datetime) -> None:
        """Queue it, unless the server has it already; one that was refused is tried again."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO photo (sha256, size, state, since) VALUES (?, ?, ?, ?) ON CONFLICT (sha256) DO UPDATE "
                "SET state = excluded.state, upload = NULL, code = NULL, message = NULL WHERE photo.state = ?",
                (digest, size, WAITING, now.isoformat(), REFUSED),
            )
        if digest in self.stored():
            self.path(digest).unlink()

    def path(self, digest: str) -> Path:
        return self._folder / digest

    @contextmanager
    def open(self, digest: str) -> Iterator[BinaryIO]:
        with self.path(digest).open("rb") as file:
            yield file

    def is_undamaged(self, digest: str) -> bool:
        """Whether the bytes on this disk are still those that were taken."""
        return self.path(digest).is_file() and _digest(self.path(digest)) == digest

    def get(self, digest: str) -> Photo | None:
        return next(iter(self._find("sha256 = ?", digest)), None)

    def waiting(self) -> list[Photo]:
        """Oldest first."""
        return self._find("state = ?", WAITING)

    def refused(self) -> list[Photo]:
        return self._find("state = ?", REFUSED)

    def stored(self) -> frozenset[str]:
        """SHA-256 of those that the server has confirmed."""
        return frozenset(photo.sha256 for photo in self._find("state = ?", STORED))

    def note_upload(self, digest: str, upload: str | None) -> None:
        with self._store.transaction() as connection:
            connection.execute("UPDATE photo SET upload = ? WHERE sha256 = ?", (upload, digest))

    def confirm(self, digest: str) -> None:
        """The server's receipt names this hash. Now, and not before, the bytes here may go."""
        self._set(digest, STORED, None, None)
        self.path(digest).unlink(missing_ok=True)

    def refuse(self, digest: str, code: str, message: str) -> None:
        """It will not be taken; the bytes stay."""
        self._set(digest, REFUSED, code, message)

    def give_up(self, digest: str) -> None:
        """Forget a refused photo, after the inspection has stopped declaring it."""
        with self._store.transaction() as connection:
            gone = connection.execute("DELETE FROM photo WHERE sha256 = ? AND state = ?", (digest, REFUSED)).rowcount
        if gone:
            self.path(digest).unlink(missing_ok=True)

    def _set(self, digest: str, state: str, code: str | None, message: str | None) -> None:
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE photo SET state = ?, code = ?, message = ?, upload = NULL WHERE sha256 = ?",
                (state, code, message, digest),
            )

    def _find(self, where: str, value: str) -> list[Photo]:
        with self._store.transaction() as connection:
            rows = connection.execute(f"SELECT * FROM photo WHERE {where} ORDER BY rowid", (value,))  # noqa: S608
            return [_photo(row) for row in rows]

    def _sweep(self) -> None:
        """What a crash left: half-written files, and bytes whose receipt had come."""
        for part in self._folder.glob(f"*{_HALF_WRITTEN}"):
            part.unlink()
        for digest in self.stored():
            self.path(digest).unlink(missing_ok=True)


def _photo(row: sqlite3.Row) -> Photo:
    return Photo(
        sha256=row["sha256"],
        size=row["size"],
        state=row["state"],
        upload=row["upload"],
        since=datetime.fromisoformat(row["since"]),
        code=row["code"],
        message=row["message"],
    )


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be synced there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
