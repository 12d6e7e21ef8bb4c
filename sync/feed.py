"""The change feed: what tablets pull, numbered per scope so that no committed row is ever skipped.

A scope is a site, or the organisation for what all sites share. The number is taken under the lock of the scope's
counter row, which is locked last, just before the commit: whoever reads number n has read, in the same snapshot, every
number below n that will ever exist. Why nothing simpler does: ``docs/adr/0002-feed-cursor.md``.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from msgspec import Struct

from checklists.tables.columns import table_of
from sync.statements import insert_missing, upsert
from sync.tables import FeedCounter, FeedRow

_counter = table_of(FeedCounter)
_row = table_of(FeedRow)

INSPECTION = "inspection"
TEMPLATE_REVISION = "template_revision"
SITE = "site"
WORKSPACE = "workspace"
POST = "post"
EMPLOYEE = "employee"
USER = "user"
DISPUTE = "dispute"
CORRECTIVE_ACTION = "corrective_action"


class Entry(Struct, frozen=True):
    """The newest state of one object. ``body``: JSON text; None takes the object away."""

    scope_id: str
    kind: str
    object_id: str
    body: str | None


def publish(connection: sa.Connection, entries: Iterable[Entry]) -> None:
    """Put the entries into the feed. Call it last in the transaction: from here to the commit the scopes are locked."""
    by_scope: dict[str, dict[tuple[str, str], Entry]] = {}
    for entry in entries:
        by_scope.setdefault(entry.scope_id, {})[entry.kind, entry.object_id] = entry
    for scope_id in sorted(by_scope):  # always in the same order, so that two writers cannot wait for each other
        latest = by_scope[scope_id]
        first = _take_numbers(connection, scope_id, len(latest))
        upsert(
            connection,
            _row,
            [
                {
                    "scope_id": scope_id,
                    "kind": entry.kind,
                    "object_id": entry.object_id,
                    "seq": first + place,
                    "body": entry.body,
                }
                for place, entry in enumerate(latest.values())
            ],
            update=("seq", "body"),
        )


def _take_numbers(connection: sa.Connection, scope_id: str, count: int) -> int:
    """Lock the scope until the commit and give the first of ``count`` new numbers."""
    statement = (
        sa.update(_counter)
        .where(_counter.c.scope_id == scope_id)
        .values(last_seq=_counter.c.last_seq + count)
        .returning(_counter.c.last_seq)
    )
    last = connection.execute(statement).scalar()
    if last is None:
        insert_missing(connection, _counter, [{"scope_id": scope_id, "last_seq": 0}])
        last = connection.execute(statement).scalar_one()
    return int(last) - count + 1
