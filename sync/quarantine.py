"""Refused changes are kept, with their reason, where an administrator sees them: nothing that arrived is lost."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from msgspec import Struct

from checklists.tables.columns import table_of
from sync.statements import insert_missing
from sync.tables import Quarantine

_quarantine = table_of(Quarantine)


class Refused(Struct, frozen=True):
    """``body``: the change as it arrived, byte for byte."""

    change_id: str | None
    code: str
    path: str
    message: str
    body: bytes


def keep(
    connection: sa.Connection,
    organisation_id: str,
    replica_id: str,
    user_id: str,
    refused: Sequence[Refused],
    now: datetime,
) -> int:
    """Keep each once: the same body of the same replica, refused for the same reason, is the same row. Gives how many
    are new.

    Another reason is another row: a site that is given back uncovers what else is wrong with a change, and whichever of
    the two answers the tablet has heard, an administrator finds.
    """
    if not refused:
        return 0
    rows = {}
    for entry in refused:
        key = sha256(f"{replica_id}\n{entry.code}\n".encode() + entry.body).hexdigest()
        rows[key] = {
            "id": key,
            "organisation_id": organisation_id,
            "replica_id": replica_id,
            "user_id": user_id,
            "change_id": entry.change_id,
            "code": entry.code,
            "path": _text(entry.path),
            "message": _text(entry.message),
            "body": _text(entry.body.decode("utf-8", "backslashreplace")),
            "refused_at": now,
        }
    there = set(connection.execute(sa.select(_quarantine.c.id).where(_quarantine.c.id.in_(list(rows)))).scalars())
    new = [row for key, row in rows.items() if key not in there]
    insert_missing(connection, _quarantine, new)
    return len(new)


def _text(value: str) -> str:
    """PostgreSQL keeps no NUL in a text."""
    return value.replace("\x00", "\\u0000")
