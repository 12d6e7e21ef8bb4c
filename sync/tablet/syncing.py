"""One run of a tablet's sync, and what there is to say about it."""

from msgspec import Struct

from sync.tablet.connection import Declined, Unreachable
from sync.tablet.local import LocalData, WallClock
from sync.tablet.pulling import Pulled, measure_clock, pull_all
from sync.tablet.pushing import Pusher
from sync.tablet.session import LogInNeeded, Session
from sync.tablet.uploading import Uploader


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
    photos: int = 0
    photos_refused: int = 0
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


class SyncRun:
    """Call it once. ``retry_after``: seconds, where the server asked for a pause."""

    def __init__(
        self, local: LocalData, session: Session, wall_clock: WallClock, app_version: str, push_batch: int
    ) -> None:
        self._local = local
        self._session = session
        self._pusher = Pusher(local, session, wall_clock, app_version, push_batch)
        self._uploader = Uploader(local.photos, session, between=self._pusher.push_all)
        self._pulled = Pulled()
        self._report = SyncReport()
        self.retry_after: float | None = None

    def __call__(self, pull_limit: int) -> SyncReport:
        """``pull_limit``: rows of a page."""
        try:
            self._run(pull_limit)
        except LogInNeeded as error:
            self._report.problem, self._report.log_in_needed = str(error), True
        except Declined as declined:
            self._report.problem = declined.code or str(declined)
        except Unreachable as unreachable:
            self._report.problem = str(unreachable)
            self.retry_after = unreachable.retry_after
        self._count()
        return self._report

    def _run(self, pull_limit: int) -> None:
        if self._local.outbox.has_open():
            measure_clock(self._local, self._session)
        self._pusher.push_all()
        pull_all(self._local, self._session, pull_limit, self._pulled)
        if self._pulled.started_over:
            self._pusher.push_all()
        self._uploader.upload_all()
        if self._uploader.done.stored or self._pulled.started_over:  # what has become complete by it
            pull_all(self._local, self._session, pull_limit, self._pulled)
        self._pusher.tell_what_is_left()

    def _count(self) -> None:
        report, pushed, uploaded = self._report, self._pusher.done, self._uploader.done
        report.stored, report.duplicate, report.refused = pushed.stored, pushed.duplicate, pushed.refused
        report.reconciled = pushed.reconciled
        report.pulled, report.started_over = self._pulled.rows, self._pulled.started_over
        report.photos, report.photos_refused = uploaded.stored, uploaded.refused
        report.problem = report.problem or uploaded.problem
        left = self._local.unsent()
        report.pending_changes, report.pending_photos = left.changes, left.photos
        report.refused_changes = len(self._local.outbox.refused())
