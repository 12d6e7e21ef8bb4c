"""The outbox: changes from the tap until the server has them and a pull has shown them.

``open`` → ``in_flight`` → ``acknowledged`` → ``shown`` → gone, or ``refused``. Edits of one inspection gather in its
newest open change. From the moment it is put in flight a change keeps its bytes for ever, however often it is sent.
"""

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from checklists.ids import new_id
from sync import paths
from sync.messages import Change, ChangeResult
from sync.tablet.store import Store

OPEN, IN_FLIGHT, ACKNOWLEDGED, SHOWN, REFUSED = "open", "in_flight", "acknowledged", "shown", "refused"
MAX_FIELDS = 400
MAX_BYTES = 100_000  # half of what the server takes of one change: a full checklist with long notes becomes several
MAX_SUPERSEDED = 200

_decoder = msgspec.json.Decoder(Change)


class Entry(Struct, frozen=True):
    """A change in the outbox. ``body``: its JSON as it is or will be sent. ``since``: when its first edit was made."""

    change: Change
    body: bytes
    state: str
    since: datetime
    code: str | None = None
    path: str | None = None
    message: str | None = None


class Edit(Struct, frozen=True):
    """What one tap writes. ``seen``: path → stamps of the live writes that the screen showed."""

    inspection_id: str
    site_id: str
    fields: dict[str, Any]
    seen: dict[str, list[str]]
    reason: str | None = None


class Outbox:
    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, edit: Edit, now: datetime) -> Change:
        """Keep an edit: in the newest open change of its inspection when it may join it, else in a new one."""
        with self._store.transaction() as connection:
            clock = self._store.clock()
            for stamps in edit.seen.values():
                for stamp in stamps:
                    clock.observe(stamp)
            stamp = clock.tick(int(now.timestamp() * 1000))
            self._store.keep_clock(clock)
            newest = self._newest(connection, edit.inspection_id)
            if newest is not None and newest.state == OPEN:
                joined = _join(newest.change, edit, stamp, now)
                body = msgspec.json.encode(joined)
                if _may_join(newest.change, edit) and len(joined.fields) <= MAX_FIELDS and len(body) <= MAX_BYTES:
                    connection.execute("UPDATE outbox SET body = ? WHERE id = ?", (body, joined.id))
                    return joined
            change = Change(
                id=new_id(),
                inspection_id=edit.inspection_id,
                site_id=edit.site_id,
                stamp=stamp,
                captured_at=now,
                fields=edit.fields,
                supersedes=_supersedes(edit.seen),
                reason=edit.reason,
            )
            connection.execute(
                "INSERT INTO outbox (id, inspection_id, state, body, since) VALUES (?, ?, ?, ?, ?)",
                (change.id, change.inspection_id, OPEN, msgspec.json.encode(change), now.isoformat()),
            )
        return change

    def put_in_flight(self, most: int, passed_over: Collection[str], offset_ms: int | None) -> list[Entry]:
        """The oldest changes that are not sent, at most ``most``, frozen from here on with the measured offset."""
        with self._store.transaction() as connection:
            found = self._entries(connection, (OPEN, IN_FLIGHT), most + len(passed_over))
            frozen = []
            for entry in [entry for entry in found if entry.change.id not in passed_over][:most]:
                if entry.state == OPEN:
                    change = msgspec.structs.replace(entry.change, clock_offset_ms=offset_ms)
                    body = msgspec.json.encode(change)
                    connection.execute(
                        "UPDATE outbox SET state = ?, body = ? WHERE id = ?", (IN_FLIGHT, body, change.id)
                    )
                    entry = msgspec.structs.replace(entry, change=change, body=body, state=IN_FLIGHT)
                frozen.append(entry)
        return frozen

    def settle(self, results: Iterable[tuple[str, ChangeResult]]) -> None:
        """Take note of the answers. ``results``: id of the change sent, and what the server says of it."""
        with self._store.transaction() as connection:
            for change_id, result in results:
                if result.status != "refused":
                    state = ACKNOWLEDGED
                elif result.retry:
                    state = IN_FLIGHT
                else:
                    state = REFUSED
                connection.execute(
                    "UPDATE outbox SET state = ?, code = ?, path = ?, message = ? WHERE id = ? AND state = ?",
                    (state, result.code, result.path, result.message, change_id, IN_FLIGHT),
                )

    def acknowledged(self) -> list[str]:
        """Ids of what the server has, and no finished pull has shown."""
        with self._store.transaction() as connection:
            return [entry.change.id for entry in self._entries(connection, (ACKNOWLEDGED, SHOWN))]

    def note_shown(self, change_ids: Collection[str], inspection_ids: Collection[str]) -> None:
        """A page brought views that hold those of the changes that belong to these inspections: from here on the view
        speaks for them, or what others have superseded meanwhile would come back as a conflict."""
        with self._store.transaction() as connection:
            shown = [
                (SHOWN, entry.change.id)
                for entry in self._entries(connection, (ACKNOWLEDGED,))
                if entry.change.id in change_ids and entry.change.inspection_id in inspection_ids
            ]
            connection.executemany("UPDATE outbox SET state = ? WHERE id = ?", shown)

    def drop(self, change_ids: Iterable[str]) -> None:
        with self._store.transaction() as connection:
            connection.executemany("DELETE FROM outbox WHERE id = ?", [(key,) for key in change_ids])

    def send_acknowledged_again(self) -> None:
        """The server came back from a backup and may not have them any more; a replay is harmless."""
        with self._store.transaction() as connection:
            connection.execute("UPDATE outbox SET state = ? WHERE state IN (?, ?)", (IN_FLIGHT, ACKNOWLEDGED, SHOWN))

    def of(self, inspection_id: str) -> list[Entry]:
        """Everything that is here of an inspection, oldest first."""
        with self._store.transaction() as connection:
            rows = connection.execute("SELECT * FROM outbox WHERE inspection_id = ? ORDER BY place", (inspection_id,))
            return [_entry(row) for row in rows]

    def unsent(self) -> list[Entry]:
        """What the server has not acknowledged, oldest first; refused ones are not counted among them."""
        with self._store.transaction() as connection:
            return self._entries(connection, (OPEN, IN_FLIGHT))

    def has_open(self) -> bool:
        with self._store.transaction() as connection:
            return connection.execute("SELECT 1 FROM outbox WHERE state = ? LIMIT 1", (OPEN,)).fetchone() is not None

    def refused(self) -> list[Entry]:
        with self._store.transaction() as connection:
            return self._entries(connection, (REFUSED,))

    def inspection_ids(self) -> set[str]:
        with self._store.transaction() as connection:
            return {row[0] for row in connection.execute("SELECT DISTINCT inspection_id FROM outbox")}

    def _newest(self, connection: sqlite3.Connection, inspection_id: str) -> Entry | None:
        row = connection.execute(
            "SELECT * FROM outbox WHERE inspection_id = ? ORDER BY place DESC LIMIT 1", (inspection_id,)
        ).fetchone()
        return _entry(row) if row else None

    def _entries(self, connection: sqlite3.Connection, states: tuple[str, ...], most: int = -1) -> list[Entry]:
        """The oldest ``most`` of them; -1: all."""
        first, last = states[0], states[-1]
        rows = connection.execute(
            "SELECT * FROM outbox WHERE state IN (?, ?) ORDER BY place LIMIT ?", (first, last, most)
        )
        return [_entry(row) for row in rows]


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        change=_decoder.decode(row["body"]),
        body=row["body"],
        state=row["state"],
        since=datetime.fromisoformat(row["since"]),
        code=row["code"],
        path=row["path"],
        message=row["message"],
    )


def _may_join(change: Change, edit: Edit) -> bool:
    """What follows a submission or a void is a change of its own, with its own reason."""
    ended = change.fields.get(paths.SUBMITTED) is True or paths.VOID in change.fields
    return not ended and change.reason == edit.reason


def _join(change: Change, edit: Edit, stamp: str, now: datetime) -> Change:
    """The open change with the edit in it, as if all had been written now."""
    own = change.stamp
    supersedes = {path: set(stamps) for path, stamps in change.supersedes.items()}
    for path, stamps in edit.seen.items():
        supersedes.setdefault(path, set()).update(seen for seen in stamps if seen != own)
    return msgspec.structs.replace(
        change,
        stamp=stamp,
        captured_at=now,
        fields=change.fields | edit.fields,
        supersedes=_supersedes(supersedes),
    )


def _supersedes(seen: Any) -> dict[str, list[str]]:
    return {path: sorted(stamps)[-MAX_SUPERSEDED:] for path, stamps in seen.items() if stamps}
