"""What pushes that commit together decide: which changes may be stored, and what follows for their inspections."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct

from checklists.tables import RevisionState
from checklists.tables.columns import table_of
from sync import feed, paths, store
from sync.messages import Change, ChangeResult
from sync.projection import StoredChange
from sync.pusher import Push, Pusher, Received
from sync.refusals import Refusal, RefusalCode, check_responses, check_shape
from sync.statements import insert
from sync.tables import Change as ChangeTable

_change = table_of(ChangeTable)


class _Taken(Struct, frozen=True):
    received: Received
    push: Push


class Batch:
    """What some pushes need to know, read in a few statements, and what they are going to write.

    However many tablets push at the same moment, the statements stay as few as for one.
    """

    def __init__(self, connection: sa.Connection, pushes: Sequence[Push], now: datetime) -> None:
        self._connection = connection
        self._now = now
        changes = [entry.change for push in pushes for entry in push.received()]
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
        self._zones = store.sites(connection, {change.site_id for change in changes})
        self._employees = store.employees(connection, _texts(changes, paths.EMPLOYEE))
        self._workspaces = store.workspaces(connection, _texts(changes, paths.WORKSPACE))
        pinned = {row.template_revision_id for row in self._inspections.values() if row.template_revision_id}
        self._revisions = store.revisions(connection, _texts(changes, paths.TEMPLATE_REVISION) | pinned)
        self._site_of = {key: row.site_id for key, row in self._inspections.items()}
        self._revision_of = {key: row.template_revision_id for key, row in self._inspections.items()}
        self._taken: dict[str, _Taken] = {}

    def take(self, push: Push, received: Received) -> ChangeResult:
        """Decide over one change of one of the pushes. Raises Refusal."""
        change, pusher = received.change, push.pusher
        if self._is_replay(received, pusher):
            return ChangeResult(change.id, "duplicate")
        check_shape(change, pusher.replica_id)
        self._check_scope(change, push)
        self._check_stamp(change)
        revision_id = self._check_beginning(change, push)
        if revision_id is not None:
            check_responses(change, self._revisions[revision_id].loaded)
        self._check_reason(change)
        self._taken[change.id] = _Taken(received, push)
        self._site_of.setdefault(change.inspection_id, change.site_id)
        if revision_id is not None:
            self._revision_of[change.inspection_id] = revision_id
        self._changes.setdefault(change.inspection_id, []).append(StoredChange(change, pusher.user_id, push.skew_ms))
        return ChangeResult(change.id, "stored")

    def _is_replay(self, received: Received, pusher: Pusher) -> bool:
        change = received.change
        earlier = self._taken.get(change.id)
        known = self._known.get(change.id)
        if earlier is not None:
            equal = earlier.received.digest == received.digest
            equal = equal and earlier.push.pusher.organisation_id == pusher.organisation_id
        elif known is not None:
            equal = known.digest == received.digest and known.organisation_id == pusher.organisation_id
        else:
            return False
        if not equal:
            raise Refusal(RefusalCode.ID_REUSED, "/id", "此编号已用于其他内容 / the id was used for another content")
        return True

    def _check_scope(self, change: Change, push: Push) -> None:
        allowed = change.site_id in push.pusher.sites or push.was_allowed(change)
        if change.site_id not in self._zones or not allowed:
            raise Refusal(RefusalCode.FOREIGN_SITE, "/site_id", "您不负责该场所 / you do not inspect this site")
        row = self._inspections.get(change.inspection_id)
        if (row is not None and row.organisation_id != push.pusher.organisation_id) or self._site_of.get(
            change.inspection_id, change.site_id
        ) != change.site_id:
            raise Refusal(
                RefusalCode.FOREIGN_INSPECTION,
                "/inspection_id",
                "此检查属于其他场所 / the inspection belongs to another site",
            )

    def _check_stamp(self, change: Change) -> None:
        """A tablet that was set back to an older copy of its disk makes its stamps once more. A stamp taken twice would
        let whoever has superseded the one write erase the other without having seen it."""
        if any(entry.change.stamp == change.stamp for entry in self._changes.get(change.inspection_id, ())):
            raise Refusal(
                RefusalCode.STAMP_REUSED,
                "/stamp",
                "此标记已用于另一变更，设备可能恢复过旧备份 / the stamp is another change's: was the tablet restored?",
            )

    def _check_beginning(self, change: Change, push: Push) -> str | None:
        """What an inspection is about is written once. Gives the id of its template revision, if known by now."""
        earlier = [entry.change for entry in self._changes.get(change.inspection_id, ())]
        for path in sorted(change.fields.keys() & paths.BEGINNING) if earlier else ():
            if any(path in other.fields and other.fields[path] != change.fields[path] for other in earlier):
                raise Refusal(
                    RefusalCode.BEGINNING_IS_FIXED,
                    "/fields/" + path.replace("/", "~1"),
                    "检查开始后不可更改 / fixed once the inspection has begun",
                )
        _check_subject(change, push.pusher, paths.EMPLOYEE, self._employees, RefusalCode.UNKNOWN_EMPLOYEE)
        _check_subject(change, push.pusher, paths.WORKSPACE, self._workspaces, RefusalCode.UNKNOWN_WORKSPACE)
        if paths.TEMPLATE_REVISION not in change.fields:
            return self._revision_of.get(change.inspection_id)
        revision_id: str = change.fields[paths.TEMPLATE_REVISION]
        self._check_revision(revision_id, change, push)
        return revision_id

    def _check_revision(self, revision_id: str, change: Change, push: Push) -> None:
        pointer = "/fields/" + paths.TEMPLATE_REVISION.replace("/", "~1")
        row = self._revisions.get(revision_id)
        if row is None or row.organisation_id != push.pusher.organisation_id or row.state == RevisionState.DRAFT:
            raise Refusal(
                RefusalCode.UNKNOWN_TEMPLATE_REVISION, pointer, "没有此模板版本 / there is no such template revision"
            )
        # A newer revision in force does not retire an older one: a tablet may be offline for weeks. Retired is only
        # what an administrator withdrew, and only for inspections made after that.
        if row.retired_at is not None and push.made_at(change) >= row.retired_at:
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
            knew = any(submission.stamp in stamps for stamps in change.supersedes.values())
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
        insert(self._connection, _change, [self._row(taken) for taken in self._taken.values()])
        touched: dict[str, set[str]] = {}  # by organisation
        for taken in self._taken.values():
            touched.setdefault(taken.push.pusher.organisation_id, set()).add(taken.received.change.inspection_id)
        entries = []
        fresh = frozenset(key for keys in touched.values() for key in keys if key not in self._inspections)
        for organisation_id in sorted(touched):
            keys = sorted(touched[organisation_id])  # so that the feed's order does not depend on hashing
            entries += store.reproject(
                self._connection,
                organisation_id,
                {key: self._site_of[key] for key in keys},
                {key: self._changes[key] for key in keys},
                self._now,
                store.Known(self._zones, self._revisions, fresh),
            )
        return entries

    def _row(self, taken: _Taken) -> dict[str, Any]:
        change, pusher = taken.received.change, taken.push.pusher
        return {
            "id": change.id,
            "organisation_id": pusher.organisation_id,
            "site_id": change.site_id,
            "inspection_id": change.inspection_id,
            "replica_id": pusher.replica_id,
            "author_id": pusher.user_id,
            "stamp": change.stamp,
            "body": taken.received.body,
            "digest": taken.received.digest,
            "skew_ms": taken.push.skew_ms,
            "received_at": self._now,
        }


def _check_subject(change: Change, pusher: Pusher, path: str, rows: dict[str, Any], code: RefusalCode) -> None:
    if path not in change.fields:
        return
    row = rows.get(change.fields[path])
    # Whoever inspects both sites may meet a person of the one at the other.
    if (
        row is None
        or row.organisation_id != pusher.organisation_id
        or not (row.site_id == change.site_id or row.site_id in pusher.sites)
    ):
        raise Refusal(code, "/fields/" + path.replace("/", "~1"), "您的场所没有此对象 / not at your sites")


def _texts(changes: list[Change], path: str) -> set[str]:
    return {value for change in changes if isinstance(value := change.fields.get(path), str)}
