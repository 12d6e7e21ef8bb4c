"""Push: the outbox goes out in batches. Each step is durable before the next, so that it can die between any two."""

from collections import Counter
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from sync.messages import ChangeResult, PushAnswer, PushRequest
from sync.tablet.connection import Declined, Unreachable, decode
from sync.tablet.local import LocalData, Unsent, WallClock
from sync.tablet.outbox import Entry
from sync.tablet.session import Session

TO_BE_LEARNT = "?"
"""Instead of a count of acknowledged changes: the server came from a backup, its own count is the new beginning."""


class Pushed(Struct):
    """``passed_over``: changes that this run need not try again."""

    stored: int = 0
    duplicate: int = 0
    refused: int = 0
    passed_over: set[str] = msgspec.field(default_factory=set)
    reconciled: bool | None = None


class Pusher:
    """One run's pushes. ``batch``: most changes in one; halved where the server finds it too large."""

    def __init__(self, local: LocalData, session: Session, wall_clock: WallClock, app_version: str, batch: int) -> None:
        self._local = local
        self._store, self._outbox = local.store, local.outbox
        self._session = session
        self._wall_clock = wall_clock
        self._app_version = app_version
        self._batch = batch
        self.done = Pushed()

    def push_all(self) -> None:
        """Send until nothing is left, also what is written meanwhile. Raises what ``Session.request`` raises."""
        while entries := self._outbox.put_in_flight(self._batch, self.done.passed_over, self._session.offset_ms()):
            self._push(entries)

    def tell_what_is_left(self) -> None:
        """Say how much is still here, unless the server was told the same last time: nobody else could tell it."""
        left = self._local.unsent()
        if str(left.changes + left.photos) != (self._store.get("told_unsent") or "0"):
            self._send([], left)

    def _push(self, entries: list[Entry]) -> None:
        ids = [entry.change.id for entry in entries]
        try:
            answer = self._send(entries, self._local.unsent(frozenset(ids)))
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
        acknowledged = on_server if known == TO_BE_LEARNT else int(known) + newly
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
