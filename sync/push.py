"""Push: changes come in, each is answered; what is acknowledged is durable once the caller's transaction commits."""

import logging
from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from checklists.ids import is_id
from checklists.tables.columns import table_of
from sync import feed
from sync.batch import Batch
from sync.messages import ChangeResult, Counts, PushAnswer
from sync.pusher import Push, Received
from sync.quarantine import Refused, keep
from sync.refusals import Refusal, RefusalCode
from sync.tables import Replica

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


def push(connection: sa.Connection, one: Push, now: datetime) -> PushAnswer:
    """Store what may be stored, keep the rest in quarantine, and make the inspections anew. Call it inside a write.

    Raises nothing for a bad change: its result says ``refused``.
    """
    try:
        with connection.begin_nested():
            outcomes, entries = _take_all(connection, [one], now)
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        outcomes, entries = _take_each(connection, one, now)
    except Exception:  # a change that trips over a bug of ours must not hold up the others
        _log.exception("a push failed as a whole; trying its changes one by one")
        outcomes, entries = _take_each(connection, one, now)
    (answer,) = _record(connection, [one], outcomes, now)
    feed.publish(connection, entries)
    return answer


def push_together(connection: sa.Connection, pushes: Sequence[Push], now: datetime) -> list[PushAnswer]:
    """Several pushes as one, in as many statements as one takes; one answer for each, in order.

    What the database refuses in one of them raises for all: then roll back, and give each to ``push`` alone.
    """
    outcomes, entries = _take_all(connection, pushes, now)
    answers = _record(connection, pushes, outcomes, now)
    feed.publish(connection, entries)
    return answers


class _Outcome(Struct):
    results: list[ChangeResult]
    refused: list[Refused]
    stored: int = 0


def _take_all(
    connection: sa.Connection, pushes: Sequence[Push], now: datetime
) -> tuple[list[_Outcome], list[feed.Entry]]:
    batch = Batch(connection, pushes, now)
    outcomes = [_take(batch, one) for one in pushes]
    return outcomes, batch.write()


def _take(batch: Batch, one: Push) -> _Outcome:
    outcome = _Outcome([], [])
    for raw, entry in one.entries:
        try:
            if isinstance(entry, Refusal):
                raise entry
            result = batch.take(one, entry)
            outcome.results.append(result)
            outcome.stored += result.status == "stored"
        except Refusal as refusal:
            change_id = entry.change.id if isinstance(entry, Received) else _id_in(raw)
            outcome.results.append(ChangeResult(change_id, "refused", refusal.code, refusal.path, refusal.message))
            outcome.refused.append(Refused(change_id, refusal.code, refusal.path, refusal.message, bytes(raw)))
    return outcome


def _take_each(connection: sa.Connection, one: Push, now: datetime) -> tuple[list[_Outcome], list[feed.Entry]]:
    """The slow way, each change behind a savepoint of its own: what the database refuses is refused alone."""
    whole = _Outcome([], [])
    entries: list[feed.Entry] = []
    for place, (_, entry) in enumerate(one.entries):
        try:
            with connection.begin_nested():
                (outcome,), published = _take_all(connection, [one.alone(place)], now)
        except Exception as error:
            if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
                raise
            _log.exception("a change could not be stored")
            change_id = entry.change.id if isinstance(entry, Received) else None
            message = "暂时无法保存，请稍后重发 / could not be stored now, send it again later"
            whole.results.append(ChangeResult(change_id, "refused", RefusalCode.NOT_STORED, "", message, retry=True))
            continue
        whole.results += outcome.results
        whole.refused += outcome.refused
        whole.stored += outcome.stored
        entries += published
    return [whole], entries


def _record(
    connection: sa.Connection, pushes: Sequence[Push], outcomes: list[_Outcome], now: datetime
) -> list[PushAnswer]:
    answers: dict[int, PushAnswer] = {}
    # Always in the same order, so that two writers cannot wait for each other.
    for place in sorted(range(len(pushes)), key=lambda place: pushes[place].pusher.replica_id):
        pusher, outcome = pushes[place].pusher, outcomes[place]
        kept = keep(connection, pusher.organisation_id, pusher.replica_id, pusher.user_id, outcome.refused, now)
        counts = _record_replica(connection, pushes[place], outcome.stored, kept, now)
        answers[place] = PushAnswer(outcome.results, counts, now)
    return [answers[place] for place in range(len(pushes))]


def _record_replica(connection: sa.Connection, one: Push, stored: int, refused: int, now: datetime) -> Counts:
    request = one.request
    told = {
        "replica": one.pusher.replica_id,
        "stored": stored,
        "refused": refused,
        "now": now,
        "unsent": request.unsent,
        "oldest_unsent_at": request.oldest_unsent_at,
        "app_version": request.app_version,
        "clock_offset_ms": one.skew_ms,
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
