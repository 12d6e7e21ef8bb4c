"""Push: changes come in, each is answered; what is acknowledged is durable once the caller's transaction commits."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from checklists.ids import is_id
from checklists.periods import corrected
from checklists.tables import RevisionState
from checklists.tables.columns import table_of
from sync import feed, paths, store
from sync.messages import Change, ChangeResult, Counts, PushAnswer, PushRequest
from sync.projection import StoredChange
from sync.quarantine import Refused, keep
from sync.refusals import MAX_BODY, Refusal, RefusalCode, check_responses, check_shape, refusal_of
from sync.revisions import load_revision
from sync.statements import insert
from sync.tables import Change as ChangeTable
from sync.tables import Replica

_change = table_of(ChangeTable)
_replica = table_of(Replica)
_log = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(Change)


class Pusher(Struct, frozen=True):
    """Who pushes. ``sites``: where the user may inspect."""

    organisation_id: str
    user_id: str
    replica_id: str
    sites: frozenset[str]


class Received(Struct, frozen=True):
    """A change as it came in: decoded, with its canonical body and the body's SHA-256."""

    change: Change
    body: str
    digest: str


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
    batch = _Batch(connection, pusher, request, now, [entry for _, entry in entries if isinstance(entry, Received)])
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


class _Batch:
    """What one push needs to know, read in a few statements, and what it is going to write."""

    def __init__(
        self,
        connection: sa.Connection,
        pusher: Pusher,
        request: PushRequest,
        now: datetime,
        received: list[Received],
    ) -> None:
        self._connection = connection
        self._pusher = pusher
        self._now = now
        self._skew_ms = _milliseconds(now - request.device_time) if request.device_time else None
        changes = [entry.change for entry in received]
        touched = {change.inspection_id for change in changes}
        declared = {
            path.removeprefix(paths.EVIDENCE)
            for change in changes
            for path in change.fields
            if path.startswith(paths.EVIDENCE)
        }
        store.lock(connection, photos=declared, inspections=touched)
        self._known: dict[str, Any] = store.known_changes(connection, (change.id for change in changes))
        self._inspections = store.inspections(connection, touched)
        self._changes = store.stored_changes(connection, self._inspections.keys())
        self._zones = store.sites(connection, {change.site_id for change in changes} & pusher.sites)
        self._employees = store.employees(connection, _texts(changes, paths.EMPLOYEE))
        self._workspaces = store.workspaces(connection, _texts(changes, paths.WORKSPACE))
        pinned = {row.template_revision_id for row in self._inspections.values() if row.template_revision_id}
        self._revisions = store.revisions(connection, _texts(changes, paths.TEMPLATE_REVISION) | pinned)
        self._site_of = {key: row.site_id for key, row in self._inspections.items()}
        self._revision_of = {key: row.template_revision_id for key, row in self._inspections.items()}
        self._taken: dict[str, Received] = {}
        self._touched: set[str] = set()

    @property
    def stored(self) -> int:
        return len(self._taken)

    def take(self, received: Received) -> ChangeResult:
        """Decide over one change. Raises Refusal."""
        change = received.change
        if self._is_replay(received):
            return ChangeResult(change.id, "duplicate")
        check_shape(change, self._pusher.replica_id)
        self._check_scope(change)
        revision_id = self._check_beginning(change)
        if revision_id is not None:
            row = self._revisions[revision_id]
            check_responses(change, load_revision(row.id, row.body))
        self._check_reason(change)
        self._taken[change.id] = received
        self._touched.add(change.inspection_id)
        self._site_of.setdefault(change.inspection_id, change.site_id)
        if revision_id is not None:
            self._revision_of[change.inspection_id] = revision_id
        self._changes.setdefault(change.inspection_id, []).append(
            StoredChange(change, self._pusher.user_id, self._skew_ms)
        )
        return ChangeResult(change.id, "stored")

    def _is_replay(self, received: Received) -> bool:
        change = received.change
        earlier = self._taken.get(change.id)
        known = self._known.get(change.id)
        if earlier is not None:
            equal = earlier.digest == received.digest
        elif known is not None:
            equal = known.digest == received.digest and known.organisation_id == self._pusher.organisation_id
        else:
            return False
        if not equal:
            raise Refusal(RefusalCode.ID_REUSED, "/id", "此编号已用于其他内容 / the id was used for another content")
        return True

    def _check_scope(self, change: Change) -> None:
        if change.site_id not in self._pusher.sites or change.site_id not in self._zones:
            raise Refusal(RefusalCode.FOREIGN_SITE, "/site_id", "您不负责该场所 / you do not inspect this site")
        row = self._inspections.get(change.inspection_id)
        if (row is not None and row.organisation_id != self._pusher.organisation_id) or self._site_of.get(
            change.inspection_id, change.site_id
        ) != change.site_id:
            raise Refusal(
                RefusalCode.FOREIGN_INSPECTION,
                "/inspection_id",
                "此检查属于其他场所 / the inspection belongs to another site",
            )

    def _check_beginning(self, change: Change) -> str | None:
        """What an inspection is about is written once. Gives the id of its template revision, if known by now."""
        earlier = [entry.change for entry in self._changes.get(change.inspection_id, ())]
        for path in sorted(change.fields.keys() & paths.BEGINNING):
            if any(path in other.fields and other.fields[path] != change.fields[path] for other in earlier):
                raise Refusal(
                    RefusalCode.BEGINNING_IS_FIXED,
                    "/fields/" + path.replace("/", "~1"),
                    "检查开始后不可更改 / fixed once the inspection has begun",
                )
        self._check_subject(change, paths.EMPLOYEE, self._employees, RefusalCode.UNKNOWN_EMPLOYEE)
        self._check_subject(change, paths.WORKSPACE, self._workspaces, RefusalCode.UNKNOWN_WORKSPACE)
        if paths.TEMPLATE_REVISION not in change.fields:
            return self._revision_of.get(change.inspection_id)
        revision_id: str = change.fields[paths.TEMPLATE_REVISION]
        self._check_revision(revision_id, change)
        return revision_id

    def _check_subject(self, change: Change, path: str, rows: dict[str, Any], code: RefusalCode) -> None:
        if path not in change.fields:
            return
        row = rows.get(change.fields[path])
        # Whoever inspects both sites may meet a person of the one at the other.
        if (
            row is None
            or row.organisation_id != self._pusher.organisation_id
            or row.site_id not in self._pusher.sites | {change.site_id}
        ):
            raise Refusal(code, "/fields/" + path.replace("/", "~1"), "您的场所没有此对象 / not at your sites")

    def _check_revision(self, revision_id: str, change: Change) -> None:
        pointer = "/fields/" + paths.TEMPLATE_REVISION.replace("/", "~1")
        row = self._revisions.get(revision_id)
        if row is None or row.organisation_id != self._pusher.organisation_id or row.state == RevisionState.DRAFT:
            raise Refusal(
                RefusalCode.UNKNOWN_TEMPLATE_REVISION, pointer, "没有此模板版本 / there is no such template revision"
            )
        # A newer revision in force does not retire an older one: a tablet may be offline for weeks. Retired is only
        # what an administrator withdrew, and only for inspections made after that.
        begun = corrected(change.captured_at, change.clock_offset_ms or 0)
        if row.retired_at is not None and begun >= row.retired_at:
            raise Refusal(
                RefusalCode.RETIRED_TEMPLATE_REVISION, pointer, "此模板版本已停用 / this template revision is retired"
            )

    def _check_reason(self, change: Change) -> None:
        """A reason is owed by whoever knew of the submission: its own replica, or one that supersedes its writes.

        A change that another tablet made without knowing of the submission is no revision, and is never refused.
        """
        if change.reason is not None:
            return
        for entry in self._changes.get(change.inspection_id, ()):
            submission = entry.change
            if submission.fields.get(paths.SUBMITTED) is not True:
                continue
            same_replica = submission.stamp[18:] == change.stamp[18:] and submission.stamp < change.stamp
            knew = any(stamp >= submission.stamp for stamps in change.supersedes.values() for stamp in stamps)
            if same_replica or knew:
                raise Refusal(
                    RefusalCode.REASON_REQUIRED,
                    "/reason",
                    "提交后的更改须说明原因 / a change after submission needs a reason",
                )

    def write(self) -> list[feed.Entry]:
        """Insert the changes and make the touched inspections anew; gives what belongs into the feed."""
        if not self._taken:
            return []
        pusher = self._pusher
        insert(
            self._connection,
            _change,
            [
                {
                    "id": change.id,
                    "organisation_id": pusher.organisation_id,
                    "site_id": change.site_id,
                    "inspection_id": change.inspection_id,
                    "replica_id": pusher.replica_id,
                    "author_id": pusher.user_id,
                    "stamp": change.stamp,
                    "body": received.body,
                    "digest": received.digest,
                    "skew_ms": self._skew_ms,
                    "received_at": self._now,
                }
                for received in self._taken.values()
                for change in (received.change,)
            ],
        )
        return store.reproject(
            self._connection,
            pusher.organisation_id,
            {key: self._site_of[key] for key in self._touched},
            {key: self._changes[key] for key in self._touched},
            self._now,
        )


def _record_replica(
    connection: sa.Connection, pusher: Pusher, request: PushRequest, stored: int, refused: int, now: datetime
) -> Counts:
    offset = _milliseconds(now - request.device_time) if request.device_time else None
    row = connection.execute(
        sa.update(_replica)
        .where(_replica.c.id == pusher.replica_id)
        .values(
            changes_stored=_replica.c.changes_stored + stored,
            changes_refused=_replica.c.changes_refused + refused,
            last_push_at=now,
            last_seen_at=now,
            unsent=request.unsent,
            oldest_unsent_at=request.oldest_unsent_at,
            app_version=request.app_version,
            clock_offset_ms=offset,
        )
        .returning(_replica.c.changes_stored, _replica.c.changes_refused)
    ).one()
    return Counts(stored=row.changes_stored, refused=row.changes_refused)


def _texts(changes: list[Change], path: str) -> set[str]:
    return {value for change in changes if isinstance(value := change.fields.get(path), str)}


def _milliseconds(difference: timedelta) -> int:
    return difference // timedelta(milliseconds=1)


def _id_in(raw: msgspec.Raw) -> str | None:
    """The id of a change that could not be decoded, if it has one, so that the tablet knows which is meant."""
    try:
        value = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and is_id(found) else None
