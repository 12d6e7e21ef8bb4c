"""What a tablet keeps: one SQLite file, in which every tap is durable before the next one.

One file belongs to one user and is one replica: its id is made with the file. On a shared tablet each user has a folder
of their own, so that nobody meets another's unsent work and a log-out loses nothing.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checklists.ids import new_id
from sync.clock import HybridClock

_SCHEMA = """
CREATE TABLE IF NOT EXISTS local (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS feed (
    scope TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, life INTEGER NOT NULL,
    PRIMARY KEY (scope, kind, id)
) STRICT;
CREATE INDEX IF NOT EXISTS feed_object ON feed (kind, id);
CREATE TABLE IF NOT EXISTS outbox (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, inspection_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'in_flight', 'acknowledged', 'shown', 'refused')),
    body BLOB NOT NULL, since TEXT NOT NULL, code TEXT, path TEXT, message TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_inspection ON outbox (inspection_id);
CREATE TABLE IF NOT EXISTS photo (
    sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'stored', 'refused')),
    upload TEXT, since TEXT NOT NULL, code TEXT, message TEXT
) STRICT;
"""
_MADE = "PRAGMA user_version = 1"


class Store:
    """The database of one tablet. Any thread may use it; each waits for the other's transaction, never for the network.

    The local values are text: ``replica_id``, ``cursor``, ``refresh_token`` and so on.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = threading.RLock()
        self._inside = False
        self._connection = sqlite3.connect(folder / "tablet.db", isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            self._connection.execute(f"PRAGMA {pragma}")
        with self.transaction() as connection:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(_MADE)
            connection.execute("INSERT OR IGNORE INTO local VALUES ('replica_id', ?)", (new_id(),))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable when left. One inside another belongs to the outer one."""
        with self._lock:
            if self._inside:
                yield self._connection
                return
            self._inside = True
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            finally:
                self._inside = False

    def get(self, name: str) -> str | None:
        with self.transaction() as connection:
            row = connection.execute("SELECT value FROM local WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put(self, name: str, value: str | None) -> None:
        """None forgets it."""
        with self.transaction() as connection:
            if value is None:
                connection.execute("DELETE FROM local WHERE name = ?", (name,))
            else:
                connection.execute("INSERT OR REPLACE INTO local VALUES (?, ?)", (name, value))

    def number(self, name: str) -> int:
        """A local value that is a whole number; 0 when there is none."""
        return int(self.get(name) or 0)

    @property
    def replica_id(self) -> str:
        value = self.get("replica_id")
        if value is None:
            raise RuntimeError("the database of this tablet has lost its replica id")
        return value

    def clock(self) -> HybridClock:
        """The hybrid clock as it stood; hand it to ``keep_clock`` in the same transaction."""
        milliseconds, _, counter = (self.get("clock") or "0 -1").partition(" ")
        return HybridClock(self.replica_id, int(milliseconds), int(counter))

    def keep_clock(self, clock: HybridClock) -> None:
        self.put("clock", f"{clock.milliseconds} {clock.counter}")

    def close(self) -> None:
        with self._lock:
            self._connection.close()
