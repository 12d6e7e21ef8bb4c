"""The tablet: everything a client of the sync protocol does, behind one object."""

import random
import threading
from pathlib import Path
from typing import Any

from sync import paths
from sync.messages import Change
from sync.tablet.connection import Connection, back_off
from sync.tablet.directory import Directory
from sync.tablet.inspecting import Inspecting, NotAllowed
from sync.tablet.local import LocalData, Unsent, WallClock
from sync.tablet.outbox import Entry
from sync.tablet.photos import Photo
from sync.tablet.session import Session
from sync.tablet.syncing import SyncReport, SyncRun
from sync.tablet.views import LocalView, Owed

PUSH_BATCH = 25
PULL_LIMIT = 1000


class Tablet:
    """One user's replica in ``folder``. ``wall_clock``: the device's, aware, in its zone; it may jump by years."""

    def __init__(self, folder: Path, wall_clock: WallClock, *, app_version: str = "reference") -> None:
        self._local = LocalData(folder)
        self._wall_clock = wall_clock
        self._app_version = app_version
        self._syncing = threading.Lock()
        self._failures = 0
        self._inspecting = Inspecting(self._local, wall_clock)

    @property
    def directory(self) -> Directory:
        """Everything pulled: ``bodies(kind)``, ``body(kind, id)``; the kinds are those of ``sync.feed``."""
        return self._local.directory

    @property
    def replica_id(self) -> str:
        return self._local.store.replica_id

    def log_in(self, connection: Connection, login: str, password: str, device_name: str = "") -> None:
        """Raises Declined (wrong password, revoked, another user's database) or Unreachable."""
        self._session(connection).log_in(login, password, device_name, self._app_version)

    def begin(
        self, template_revision_id: str, *, employee_id: str | None = None, workspace_id: str | None = None
    ) -> str:
        """Begin an inspection; gives its id. What the tablet knows of post, dress and season is fixed in it."""
        return self._inspecting.begin(template_revision_id, employee_id=employee_id, workspace_id=workspace_id)

    def respond(self, inspection_id: str, item_key: str, value: str | int | None, note: str | None = None) -> Change:
        """Answer an item; None takes the answer back. Raises NotAllowed."""
        return self._inspecting.respond(inspection_id, item_key, value, note, None)

    def attach_photo(
        self, inspection_id: str, item_key: str | None, content: bytes | Path, *, reason: str | None = None
    ) -> str:
        """Keep a photo as evidence of an item; gives its SHA-256. Raises NotAllowed, also for an empty file."""
        if not (content.stat().st_size if isinstance(content, Path) else content):
            raise NotAllowed("the photo is empty, take it again")
        digest, size = self._local.photos.keep(content)
        with self._local.store.transaction():
            self._local.photos.add(digest, size, self._wall_clock())
            self._inspecting.declare(inspection_id, item_key, digest, reason)
        return digest

    def remove_photo(self, inspection_id: str, digest: str, *, reason: str | None = None) -> Change:
        """Evidence is never deleted; the inspection only stops declaring it."""
        change = self._inspecting.write(inspection_id, {paths.EVIDENCE + digest: None}, reason)
        self._local.photos.give_up(digest)
        return change

    def refused_photos(self) -> list[Photo]:
        """Each with its code and message; their bytes are still here."""
        return self._local.photos.refused()

    def submit(self, inspection_id: str) -> tuple[Owed, ...]:
        """Submit; what is still owed comes back, and then nothing was submitted."""
        return self._inspecting.submit(inspection_id)

    def revise(
        self, inspection_id: str, item_key: str, value: str | int | None, note: str | None = None, *, reason: str
    ) -> Change:
        """Change an answer after submission."""
        return self._inspecting.respond(inspection_id, item_key, value, note, reason)

    def void(self, inspection_id: str, *, reason: str) -> Change:
        return self._inspecting.write(inspection_id, {paths.VOID: True}, reason)

    def note(self, inspection_id: str, text: str | None, *, reason: str | None = None) -> Change:
        return self._inspecting.write(inspection_id, {paths.NOTE: text}, reason)

    def write(self, inspection_id: str, fields: dict[str, Any], *, reason: str | None = None) -> Change:
        """Write fields that have no method of their own; nothing but the inspection's beginning is checked."""
        return self._inspecting.write(inspection_id, fields, reason)

    def resolve(self, inspection_id: str, path: str, value: Any, *, reason: str | None = None) -> Change:
        """Decide a conflict: ``value`` takes the place of every version that the view shows on the path."""
        return self._inspecting.write(inspection_id, {path: value}, reason)

    def correct(
        self, change_id: str, fields: dict[str, Any] | None = None, *, reason: str | None = None
    ) -> Change | None:
        """Send a refused change again as a new one, with ``fields`` in the place of its own.

        None when all of it has been written again since: then there is nothing left to send.
        """
        return self._inspecting.correct(change_id, fields or {}, reason)

    def view(self, inspection_id: str) -> LocalView:
        return self._inspecting.view(inspection_id)

    def inspections(self) -> list[str]:
        """The ids of all inspections on this tablet, oldest first."""
        return sorted(self._local.directory.inspection_ids() | self._local.outbox.inspection_ids())

    def refused(self) -> list[Entry]:
        """Every refused change with its code, path and message."""
        return self._local.outbox.refused()

    def unsent(self) -> Unsent:
        """What the server has not confirmed."""
        return self._local.unsent()

    def sync(self, connection: Connection, *, push_batch: int = PUSH_BATCH, pull_limit: int = PULL_LIMIT) -> SyncReport:
        """One run: push, pull, photos. It never waits, and no failure of the line or the server is raised.

        ``retry_in`` says when to come again; "send now" is nothing but another call.
        """
        with self._syncing:
            run = SyncRun(self._local, self._session(connection), self._wall_clock, self._app_version, push_batch)
            report = run(pull_limit)
            self._failures = 0 if report.complete else self._failures + 1
            if self._failures and not report.log_in_needed:
                report.retry_in = back_off(self._failures, run.retry_after, random.random())  # noqa: S311 (jitter)
            return report

    def close(self) -> None:
        self._local.store.close()

    def _session(self, connection: Connection) -> Session:
        return Session(self._local.store, connection, self._wall_clock)
