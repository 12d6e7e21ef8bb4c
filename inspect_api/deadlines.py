"""Promises with a deadline (disputes, corrective actions): what is past its time is escalated once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from inspect_api.services import Services


class Stage(StrEnum):
    """How far something with a deadline is. ``WAITING`` includes ``LATE``."""

    ALL = "all"
    WAITING = "waiting"
    LATE = "late"
    DONE = "done"


Tell = Callable[[sa.Connection, Sequence[Any], datetime], None]
"""Record and publish, in the same transaction; the rows have ``id`` and ``organisation_id``."""


def escalate_late(services: Services, table: sa.Table, open_state: str, tell: Tell) -> int:
    """Mark every row of ``table`` in ``open_state`` that is past its ``due_at``; gives how many.

    Safe in many processes: the update itself decides who marks a row.
    """
    now = services.clock()
    # Written out, not bound: an index of only those rows is used where the planner sees that it will do.
    is_open = table.c.state == sa.literal(open_state, literal_execute=True)
    late = (is_open, table.c.escalated_at.is_(None), table.c.due_at <= now)
    with services.database.read() as connection:  # nearly always there is none, and nothing needs to be written
        if connection.execute(sa.select(table.c.id).where(*late).limit(1)).first() is None:
            return 0
    with services.database.write() as connection:
        marked = table.update().where(*late).values(escalated_at=now).returning(table.c.id, table.c.organisation_id)
        rows = connection.execute(marked).all()
        tell(connection, rows, now)
    return len(rows)
