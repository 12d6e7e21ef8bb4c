"""What the tablet has pulled: the newest state of every object that its user may see."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from checklists.ids import is_id
from sync import feed
from sync.messages import InspectionView
from sync.revisions import LoadedRevision, load_revision
from sync.tablet.store import Store

_NOTHING = b"null"


class PulledRow(Struct, frozen=True):
    """One row of a pull's page; its body stays as it came, ``null`` takes the object away."""

    scope: str
    kind: str
    id: str
    body: msgspec.Raw


class _RevisionBody(Struct, frozen=True):
    template: msgspec.Raw


class Directory:
    """Templates, sites, posts, workspaces, employees, users and inspection views, by kind and id.

    A *life* is one pull from the very beginning; what the next one did not bring again is gone when it is complete.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def bodies(self, kind: str) -> dict[str, Any]:
        """Id → body of every object of the kind (one of ``sync.feed``)."""
        with self._store.transaction() as connection:
            rows = connection.execute("SELECT id, body FROM feed WHERE kind = ? ORDER BY id", (kind,))
            return {row["id"]: msgspec.json.decode(row["body"]) for row in rows}

    def body(self, kind: str, object_id: str) -> Any:
        """None when there is no such object here."""
        raw = self._raw(kind, object_id)
        return None if raw is None else msgspec.json.decode(raw)

    def revision(self, revision_id: str | None) -> LoadedRevision | None:
        raw = self._raw(feed.TEMPLATE_REVISION, revision_id) if revision_id and is_id(revision_id) else None
        if raw is None or revision_id is None:
            return None
        return load_revision(revision_id, bytes(msgspec.json.decode(raw, type=_RevisionBody).template).decode())

    def view(self, inspection_id: str) -> tuple[str, InspectionView] | None:
        """Site id and view as the server last showed them."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT scope, body FROM feed WHERE kind = ? AND id = ?", (feed.INSPECTION, inspection_id)
            ).fetchone()
        return (row["scope"], msgspec.json.decode(row["body"], type=InspectionView)) if row else None

    def inspection_ids(self) -> set[str]:
        with self._store.transaction() as connection:
            return {row["id"] for row in connection.execute("SELECT id FROM feed WHERE kind = ?", (feed.INSPECTION,))}

    def apply(self, connection: sqlite3.Connection, rows: Iterable[PulledRow], removed_scopes: Iterable[str]) -> None:
        """Take a page in. The caller's transaction also keeps the cursor of the page."""
        life = self._store.number("life")
        clock = self._store.clock()
        for scope in removed_scopes:
            connection.execute("DELETE FROM feed WHERE scope = ?", (scope,))
        for row in rows:
            key = (row.scope, row.kind, row.id)
            body = bytes(row.body)
            if body == _NOTHING:
                connection.execute("DELETE FROM feed WHERE scope = ? AND kind = ? AND id = ?", key)
                continue
            connection.execute("INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?, ?)", (*key, body, life))
            if row.kind == feed.INSPECTION:
                for write in msgspec.json.decode(body, type=InspectionView).writes:
                    clock.observe(write.stamp)
        self._store.keep_clock(clock)

    def start_over(self) -> None:
        """Pull from the beginning; until that is complete, what is here stays usable."""
        with self._store.transaction():
            self._store.put("cursor", None)
            self._store.put("life", str(self._store.number("life") + 1))

    def forget_former_life(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM feed WHERE life < ?", (self._store.number("life"),))

    def _raw(self, kind: str, object_id: str) -> bytes | None:
        with self._store.transaction() as connection:
            row = connection.execute("SELECT body FROM feed WHERE kind = ? AND id = ?", (kind, object_id)).fetchone()
        return row["body"] if row else None
