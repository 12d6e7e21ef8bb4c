"""What has to be deleted, as rows that a process claims with a lease: a crash, or a second process, deletes nothing
twice and forgets nothing."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import Deletion, DeletionState, table_of
from inspect_api.database import Database
from sync.statements import insert_missing

PHOTO, WEEK, LOG = "photo", "week", "log"
RETRY_AFTER = timedelta(minutes=10)
_LONGEST_ERROR = 300

_deletion = table_of(Deletion)


class Claimed(NamedTuple):
    id: str
    organisation_id: str
    kind: str
    object_id: str
    state: str
    claim: str


def plan(connection: sa.Connection, found: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """``found``: organisation, kind and object. What is planned already stays as it is."""
    rows = [
        {
            "id": new_id(),
            "organisation_id": organisation_id,
            "kind": kind,
            "object_id": object_id,
            "state": DeletionState.PLANNED.value,
            "next_attempt_at": now,
            "planned_at": now,
        }
        for organisation_id, kind, object_id in found
    ]
    insert_missing(connection, _deletion, rows)


def claim(database: Database, now: datetime, owner: str, lease_seconds: float) -> Claimed | None:
    """The one that has waited longest and that nobody works at; None when there is none."""
    due = (_deletion.c.next_attempt_at <= now) & (_deletion.c.lease_until.is_(None) | (_deletion.c.lease_until <= now))
    with database.read() as connection:
        if connection.execute(sa.select(_deletion.c.id).where(due).limit(1)).first() is None:
            return None
    with database.write() as connection:
        row = connection.execute(
            sa.select(_deletion)
            .where(due)
            .order_by(_deletion.c.next_attempt_at, _deletion.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        mine = f"{owner} {new_id()}"
        until = now + timedelta(seconds=lease_seconds)
        connection.execute(
            _deletion.update().where(_deletion.c.id == row.id).values(claimed_by=mine, lease_until=until)
        )
    return Claimed(row.id, row.organisation_id, row.kind, row.object_id, row.state, mine)


def still_ours(connection: sa.Connection, claimed: Claimed) -> bool:
    """Locks the row until the commit; False when another process has taken it over."""
    mine = (_deletion.c.id == claimed.id, _deletion.c.claimed_by == claimed.claim)
    return connection.execute(sa.select(_deletion.c.id).where(*mine).with_for_update()).first() is not None


def mark(connection: sa.Connection, claimed: Claimed) -> None:
    connection.execute(_of(claimed).values(state=DeletionState.MARKED.value))


def finish(connection: sa.Connection, claimed: Claimed) -> None:
    """Done, or not wanted any more."""
    connection.execute(_deletion.delete().where(_deletion.c.id == claimed.id, _deletion.c.claimed_by == claimed.claim))


def put_off(database: Database, claimed: Claimed, now: datetime, error: str) -> None:
    """It did not work: somebody tries again later."""
    later = {"next_attempt_at": now + RETRY_AFTER, "lease_until": None, "last_error": error[:_LONGEST_ERROR]}
    with database.write() as connection:
        connection.execute(_of(claimed).values(**later))


def _of(claimed: Claimed) -> sa.Update:
    return _deletion.update().where(_deletion.c.id == claimed.id, _deletion.c.claimed_by == claimed.claim)
