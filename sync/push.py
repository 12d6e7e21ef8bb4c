"""Push: changes come in, each is answered; what is acknowledged is durable once the caller's transaction commits."""

import logging
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from checklists.ids import is_id
from checklists.tables.columns import table_of
from sync import feed
from sync.batch import Batch, Pusher, Received, milliseconds
from sync.messages import Change, ChangeResult, Counts, PushAnswer, PushRequest
from sync.quarantine import Refused, keep
from sync.refusals import MAX_BODY, Refusal, RefusalCode, refusal_of
from sync.tables import Replica

__all__ = ["Pusher", "Received", "decode_changes", "push"]

_replica = table_of(Replica)
_RECORD_REPLICA = (
    sa.update(_replica)
    .where(_replica.c.id == sa.bindparam("replica"))
    .values(
        changes_stored=_replica.c.changes_stored + sa.bindparam("stored"),
        changes_refused=_replica.c.changes_refused + sa.bindparam("refused"),
        last_push_at=sa.bindparam("now"),
        last_seen_at=sa.bindparam("now"),
        unsent=sa.bindparam("unsent"),
        oldest_unsent_at=sa.bindparam("oldest_unsent_at"),
        app_version=sa.bindparam("app_version"),
        clock_offset_ms=sa.bindparam("clock_offset_ms"),
    )
    .returning(_replica.c.changes_stored, _replica.c.changes_refused)
)
_log = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(Change)


def decode_changes(raws: Collection[msgspec.Raw]) -> list[Received | Refusal]:
    """Decode each change alone. Needs no database, so it runs before the transaction."""
    return [_decode(raw) for raw in raws]


def _decode(raw: msgspec.Raw) -> Received | Refusal:
    if len(raw) > MAX_BODY:
        return Refusal(RefusalCode.CHANGE_TOO_LARGE, "", f"变更超过 {MAX_BODY} 字节 / over {MAX_BODY} bytes")
    try:
        change = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        return refusal_of(error)
    except msgspec.DecodeError as error:
        return Refusal(RefusalCode.MALFORMED, "", f"无法读取 / cannot be read: {error}")
    body = msgspec.json.encode(change, order="deterministic")
    return Received(change, body.decode(), sha256(body).hexdigest())


def push(
    connection: sa.Connection, pusher: Pusher, request: PushRequest, decoded: list[Received | Refusal], now: datetime
) -> PushAnswer:
    """Store what may be stored, keep the rest in quarantine, and make the inspections anew. Call it inside a write.

    ``decoded``: ``decode_changes(request.changes)``. Raises nothing for a bad change: its result says ``refused``.
    """
    entries = list(zip(request.changes, decoded, strict=True))
    try:
        with connection.begin_nested():
            outcome = _take_all(connection, pusher, request, entries, now)
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        outcome = _take_each(connection, pusher, request, entries, now)
    except Exception:  # a change that trips over a bug of ours must not hold up the others
        _log.exception("a push failed as a whole; trying its changes one by one")
        outcome = _take_each(connection, pusher, request, entries, now)
    kept = keep(connection, pusher.organisation_id, pusher.replica_id, pusher.user_id, outcome.refused, now)
    counts = _record_replica(connection, pusher, request, outcome.stored, kept, now)
    feed.publish(connection, outcome.feed)
    return PushAnswer(outcome.results, counts, now)


class _Outcome(Struct):
    results: list[ChangeResult]
    refused: list[Refused]
    stored: int
    feed: list[feed.Entry]


_Entries = list[tuple[msgspec.Raw, Received | Refusal]]


def _take_all(
    connection: sa.Connection, pusher: Pusher, request: PushRequest, entries: _Entries, now: datetime
) -> _Outcome:
    batch = Batch(connection, pusher, request, now, [entry for _, entry in entries if isinstance(entry, Received)])
    outcome = _Outcome([], [], 0, [])
    for raw, entry in entries:
        try:
            if isinstance(entry, Refusal):
                raise entry
            outcome.results.append(batch.take(entry))
        except Refusal as refusal:
            change_id = entry.change.id if isinstance(entry, Received) else _id_in(raw)
            outcome.results.append(ChangeResult(change_id, "refused", refusal.code, refusal.path, refusal.message))
            outcome.refused.append(Refused(change_id, refusal.code, refusal.path, refusal.message, bytes(raw)))
    outcome.feed = batch.write()
    outcome.stored = batch.stored
    return outcome


def _take_each(
    connection: sa.Connection, pusher: Pusher, request: PushRequest, entries: _Entries, now: datetime
) -> _Outcome:
    """The slow way, each change behind a savepoint of its own: what the database refuses is refused alone."""
    outcome = _Outcome([], [], 0, [])
    for raw, entry in entries:
        try:
            with connection.begin_nested():
                one = _take_all(connection, pusher, request, [(raw, entry)], now)
        except Exception as error:
            if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
                raise
            _log.exception("a change could not be stored")
            change_id = entry.change.id if isinstance(entry, Received) else None
            message = "暂时无法保存，请稍后重发 / could not be stored now, send it again later"
            outcome.results.append(ChangeResult(change_id, "refused", RefusalCode.NOT_STORED, "", message, retry=True))
            continue
        outcome.results += one.results
        outcome.refused += one.refused
        outcome.feed += one.feed
        outcome.stored += one.stored
    return outcome


def _record_replica(
    connection: sa.Connection, pusher: Pusher, request: PushRequest, stored: int, refused: int, now: datetime
) -> Counts:
    offset = milliseconds(now - request.device_time) if request.device_time else None
    told = {
        "replica": pusher.replica_id,
        "stored": stored,
        "refused": refused,
        "now": now,
        "unsent": request.unsent,
        "oldest_unsent_at": request.oldest_unsent_at,
        "app_version": request.app_version,
        "clock_offset_ms": offset,
    }
    row = connection.execute(_RECORD_REPLICA, told).one()
    return Counts(stored=row.changes_stored, refused=row.changes_refused)


def _id_in(raw: msgspec.Raw) -> str | None:
    """The id of a change that could not be decoded, if it has one, so that the tablet knows which is meant."""
    try:
        value = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and is_id(found) else None
