"""Push and pull as the tablet does them. Each step is durable before the next, so that it can die between any two."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from sync.messages import ChangeResult, PushAnswer, PushRequest
from sync.tablet.connection import Declined, Unreachable, decode
from sync.tablet.directory import Directory, PulledRow
from sync.tablet.inspecting import WallClock
from sync.tablet.outbox import Entry, Outbox
from sync.tablet.session import Session
from sync.tablet.store import Store

_CURSOR_IS_OVER = {"cursor_unknown", "bad_cursor"}
_TO_BE_LEARNT = "?"


class Unsent(Struct, frozen=True):
    """What a tablet still holds: changes and photos, and when the oldest of them was made, by the device's clock."""

    changes: int
    photos: int
    oldest: datetime | None


class Pushed(Struct):
    """``passed_over``: changes that this run need not try again."""

    stored: int = 0
    duplicate: int = 0
    refused: int = 0
    passed_over: set[str] = msgspec.field(default_factory=set)
    reconciled: bool | None = None


class Pusher:
    """One run's pushes. ``unsent``: counts everything that this tablet holds, given what is just being sent."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        session: Session,
        wall_clock: WallClock,
        unsent: Callable[[frozenset[str]], Unsent],
        app_version: str,
        batch: int,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._session = session
        self._wall_clock = wall_clock
        self._unsent = unsent
        self._app_version = app_version
        self._batch = batch
        self.done = Pushed()

    def push_all(self) -> None:
        """Send until nothing is left, also what is written meanwhile. Raises what ``Session.request`` raises."""
        while entries := self._outbox.put_in_flight(self._batch, self.done.passed_over, self._session.offset_ms()):
            self._push(entries)

    def tell_what_is_left(self) -> None:
        """Say how much is still here, unless the server was told the same last time: nobody else could tell it."""
        left = self._unsent(frozenset())
        if str(left.changes + left.photos) != (self._store.get("told_unsent") or "0"):
            self._send([], left)

    def _push(self, entries: list[Entry]) -> None:
        ids = [entry.change.id for entry in entries]
        try:
            answer = self._send(entries, self._unsent(frozenset(ids)))
        except Declined as declined:
            if declined.status != 413:
                raise
            self._halve(entries, declined)
            return
        if len(answer.results) != len(ids):
            raise Unreachable("the answer has not one result for each change")
        results = list(zip(ids, answer.results, strict=True))
        with self._store.transaction():
            self._outbox.settle(results)
            acknowledged = self._count(sum(result.status != "refused" for _, result in results), answer.counts.stored)
        statuses = Counter(result.status for _, result in results)
        self.done.stored += statuses["stored"]
        self.done.duplicate += statuses["duplicate"]
        self.done.refused += statuses["refused"]
        self.done.passed_over |= {change_id for change_id, result in results if result.status == "refused"}
        self.done.reconciled = answer.counts.stored == acknowledged

    def _count(self, newly: int, on_server: int) -> int:
        """How many changes of this replica have ever been acknowledged; after a restore, counted from there."""
        known = self._store.get("acknowledged") or "0"
        acknowledged = on_server if known == _TO_BE_LEARNT else int(known) + newly
        self._store.put("acknowledged", str(acknowledged))
        return acknowledged

    def _halve(self, entries: list[Entry], declined: Declined) -> None:
        if len(entries) > 1:
            self._batch = len(entries) // 2
            return
        too_large = ChangeResult(entries[0].change.id, "refused", declined.code, "", declined.message)
        self._outbox.settle([(entries[0].change.id, too_large)])
        self.done.refused += 1

    def _send(self, entries: list[Entry], left: Unsent) -> PushAnswer:
        request = PushRequest(
            changes=[msgspec.Raw(entry.body) for entry in entries],
            device_time=self._wall_clock(),
            unsent=left.changes + left.photos,
            oldest_unsent_at=self._by_the_server(left.oldest),
            app_version=self._app_version,
        )
        answer = self._session.request("POST", "/api/v1/sync/push", content=msgspec.json.encode(request))
        message: PushAnswer = decode(answer, PushAnswer)
        self._store.put("told_unsent", str(request.unsent))
        return message

    def _by_the_server(self, told: datetime | None) -> datetime | None:
        try:
            return told + timedelta(milliseconds=self._session.offset_ms() or 0) if told else None
        except OverflowError:
            return told


class _Page(Struct):
    rows: list[PulledRow]
    removed_scopes: list[str]
    cursor: str
    more: bool


class Pulled(Struct):
    """``started_over``: the server came from a backup; what the outbox still had goes there again."""

    rows: int = 0
    started_over: bool = False


def pull_all(store: Store, directory: Directory, outbox: Outbox, session: Session, limit: int) -> Pulled:
    """Pull until there is no more. Raises what ``Session.request`` raises.

    A page and its cursor are one transaction: whatever happens, at most one page comes again. Changes that were
    acknowledged before it began are in what it brings, so they leave the outbox with its last page.
    """
    shown = outbox.acknowledged()
    done = Pulled()
    while True:
        page = _next_page(store, directory, outbox, session, limit)
        if page is None:
            shown, done.started_over = [], True
            continue
        with store.transaction() as connection:
            directory.apply(connection, page.rows, page.removed_scopes)
            store.put("cursor", page.cursor)
            if not page.more:
                outbox.drop(shown)
                directory.forget_former_life(connection)
        done.rows += len(page.rows)
        if not page.more:
            return done


def _next_page(store: Store, directory: Directory, outbox: Outbox, session: Session, limit: int) -> _Page | None:
    """None when the server no longer knows the cursor: then everything begins anew, but for the outbox."""
    cursor = store.get("cursor")
    query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
    try:
        page: _Page = decode(session.request("GET", f"/api/v1/sync/pull?{urlencode(query)}"), _Page)
    except Declined as declined:
        if cursor is None or declined.code not in _CURSOR_IS_OVER:
            raise
        with store.transaction():
            directory.start_over()
            outbox.send_acknowledged_again()
            store.put("acknowledged", _TO_BE_LEARNT)
        return None
    return page
