"""Pull: what changed in the scopes that a replica may see, after an opaque cursor."""

import base64
import binascii
from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from checklists.tables.columns import table_of
from sync.messages import FeedItem, PullAnswer
from sync.tables import FeedCounter, FeedRow, Instance

_counter = table_of(FeedCounter)
_row = table_of(FeedRow)
_instance = table_of(Instance)

MAX_ROWS = 5000

_NEWER = (
    sa.select(_row.c.seq, _row.c.kind, _row.c.object_id, _row.c.body)
    .where(_row.c.scope_id == sa.bindparam("scope_id"), _row.c.seq > sa.bindparam("after"))
    .order_by(_row.c.seq)
    .limit(sa.bindparam("most"))
)
_COUNTERS = (
    sa.select(_instance.c.epoch, _counter.c.scope_id, _counter.c.last_seq)
    .select_from(_instance)
    .outerjoin(_counter, _counter.c.scope_id.in_(sa.bindparam("scopes", expanding=True)))
)


class BadCursor(ValueError):
    """The text is no cursor of ours."""


class CursorUnknown(Exception):
    """The cursor belongs to another life of the database (a restore): start over, and keep the outbox."""


class Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a replica stands: the database's epoch, and the last number seen in each scope."""

    epoch: str
    seen: dict[str, int]

    def text(self) -> str:
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(self)).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """BadCursor unless it is one of ours."""
        try:
            padded = text + "=" * (-len(text) % 4)
            cursor = msgspec.msgpack.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=cls)
        except (binascii.Error, ValueError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise BadCursor("not a cursor of this server") from error
        if any(not 0 <= seq < 2**62 for seq in cursor.seen.values()):
            raise BadCursor("not a cursor of this server")
        return cursor


def pull(
    connection: sa.Connection, scopes: Collection[str], cursor_text: str | None, limit: int, now: datetime
) -> PullAnswer:
    """One page: at most ``limit`` rows (1..MAX_ROWS) of the scopes, which are all that this user may see.

    What the cursor says about other scopes is never used to read; it only tells which scopes to take away.
    Raises BadCursor or CursorUnknown. ``connection`` must be one snapshot.
    """
    counters: dict[str, int] = {}
    epoch = ""
    for row in connection.execute(_COUNTERS, {"scopes": sorted(scopes) or [""]}):
        epoch = row.epoch
        if row.scope_id is not None:
            counters[row.scope_id] = row.last_seq
    cursor = Cursor.parse(cursor_text) if cursor_text else Cursor(epoch, {})
    if cursor.epoch != epoch or any(seq > counters.get(scope, seq) for scope, seq in cursor.seen.items()):
        raise CursorUnknown("the cursor belongs to another life of the database")

    seen: dict[str, int] = {}
    items: list[FeedItem] = []
    more = False
    for scope in sorted(scopes):
        after, last = cursor.seen.get(scope, 0), counters.get(scope, 0)
        seen[scope] = after
        if after >= last:
            continue
        room = limit - len(items)
        if room == 0:
            more = True
            continue
        rows = connection.execute(_NEWER, {"scope_id": scope, "after": after, "most": room}).all()
        items += [FeedItem(scope, kind, object_id, _raw(body)) for _, kind, object_id, body in rows]
        # A full page ends at its last row; a short one has everything that this snapshot holds.
        full = len(rows) == room
        seen[scope] = rows[-1].seq if full else last
        more = more or (full and rows[-1].seq < last)
    removed = sorted(cursor.seen.keys() - set(scopes))
    return PullAnswer(items, removed, Cursor(epoch, seen).text(), more, now)


def _raw(body: str | None) -> msgspec.Raw | None:
    return None if body is None else msgspec.Raw(body.encode())
