"""The tablet: everything a client of the sync protocol does, behind one object."""

import random
import threading
from pathlib import Path
from typing import Any

from msgspec import Struct

from sync import paths
from sync.messages import Change
from sync.tablet.connection import Connection, Declined, Unreachable, back_off
from sync.tablet.directory import Directory
from sync.tablet.inspecting import Inspecting, WallClock
from sync.tablet.outbox import Entry, Outbox
from sync.tablet.pushing import Pusher, Unsent, pull_all
from sync.tablet.session import LogInNeeded, Session
from sync.tablet.store import Store
from sync.tablet.views import LocalView, Owed

PUSH_BATCH = 25
PULL_LIMIT = 1000


class SyncReport(Struct):
    """What one run did, and what is left. ``problem``: why it stopped early, else None.

    ``pending_changes`` and ``pending_photos`` are still here and not on the server; ``refused_changes`` are here too,
    each with its reason. ``retry_in``: seconds until the next run should begin by itself. ``reconciled``: whether the
    server holds as many changes of this replica as it has acknowledged; None when nothing was asked. ``started_over``:
    the server was restored from a backup, and what it had acknowledged since may have to be entered again.
    """

    stored: int = 0
    duplicate: int = 0
    refused: int = 0
    pulled: int = 0
    pending_changes: int = 0
    pending_photos: int = 0
    refused_changes: int = 0
    problem: str | None = None
    log_in_needed: bool = False
    retry_in: float | None = None
    reconciled: bool | None = None
    started_over: bool = False

    @property
    def pending(self) -> int:
        return self.pending_changes + self.pending_photos

    @property
    def complete(self) -> bool:
        """Nothing waits to be sent; what was refused is listed, not hidden."""
        return self.problem is None and self.pending == 0


class Tablet:
    """One user's replica in ``folder``. ``wall_clock``: the device's, aware, in its zone; it may jump by years."""

    def __init__(self, folder: Path, wall_clock: WallClock, *, app_version: str = "reference") -> None:
        self._store = Store(folder)
        self._wall_clock = wall_clock
        self._app_version = app_version
        self._syncing = threading.Lock()
        self._failures = 0
        self.directory = Directory(self._store)
        self._outbox = Outbox(self._store)
        self._inspecting = Inspecting(self._store, self.directory, self._outbox, wall_clock, frozenset)

    @property
    def replica_id(self) -> str:
        return self._store.replica_id

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

    def correct(self, change_id: str, fields: dict[str, Any] | None = None, *, reason: str | None = None) -> Change:
        """Send a refused change again as a new one, with ``fields`` in the place of its own."""
        return self._inspecting.correct(change_id, fields or {}, reason)

    def view(self, inspection_id: str) -> LocalView:
        return self._inspecting.view(inspection_id)

    def inspections(self) -> list[str]:
        """The ids of all inspections on this tablet, oldest first."""
        return sorted(self.directory.inspection_ids() | self._outbox.inspection_ids())

    def refused(self) -> list[Entry]:
        """Every refused change with its code, path and message."""
        return self._outbox.refused()

    def unsent(self, in_flight: frozenset[str] = frozenset()) -> Unsent:
        """What the server has not confirmed, without the changes ``in_flight``."""
        changes = [entry for entry in self._outbox.unsent() if entry.change.id not in in_flight]
        since = [entry.since for entry in changes]
        return Unsent(len(changes), 0, min(since, default=None))

    def sync(self, connection: Connection, *, push_batch: int = PUSH_BATCH, pull_limit: int = PULL_LIMIT) -> SyncReport:
        """One run: push, pull. It never waits and never raises for the network's sake; ``retry_in`` says when again."""
        with self._syncing:
            session = self._session(connection)
            pusher = Pusher(
                self._store, self._outbox, session, self._wall_clock, self.unsent, self._app_version, push_batch
            )
            report = SyncReport()
            try:
                self._run(session, pusher, pull_limit, report)
                self._failures = 0
            except LogInNeeded as error:
                report.problem, report.log_in_needed = str(error), True
            except Declined as declined:
                report.problem = declined.code or str(declined)
                self._fail(report, None)
            except Unreachable as unreachable:
                report.problem = str(unreachable)
                self._fail(report, unreachable.retry_after)
            return self._finish(report, pusher)

    def _run(self, session: Session, pusher: Pusher, pull_limit: int, report: SyncReport) -> None:
        session.measure()  # before anything is frozen: a change in flight keeps its offset for ever
        pusher.push_all()
        pulled = pull_all(self._store, self.directory, self._outbox, session, pull_limit)
        report.pulled += pulled.rows
        report.started_over = pulled.started_over
        if pulled.started_over:
            pusher.push_all()
        pusher.tell_what_is_left()

    def _fail(self, report: SyncReport, retry_after: float | None) -> None:
        self._failures += 1
        report.retry_in = back_off(self._failures, retry_after, random.random())  # noqa: S311 (jitter, no secret)

    def _finish(self, report: SyncReport, pusher: Pusher) -> SyncReport:
        left = self.unsent()
        report.stored, report.duplicate, report.refused = (
            pusher.done.stored,
            pusher.done.duplicate,
            pusher.done.refused,
        )
        report.reconciled = pusher.done.reconciled
        report.pending_changes, report.pending_photos = left.changes, left.photos
        report.refused_changes = len(self._outbox.refused())
        if report.problem is None and left.changes and pusher.done.passed_over:  # refused for now, to be sent later
            self._fail(report, None)
        return report

    def close(self) -> None:
        self._store.close()

    def _session(self, connection: Connection) -> Session:
        return Session(self._store, connection, self._wall_clock)
