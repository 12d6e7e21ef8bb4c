"""Statements that both databases understand, over the Core tables."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]], update: Sequence[str] | None = None
) -> None:
    """Insert the rows, or update those whose primary key is there. ``update``: columns to set; default all others."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    changed = update if update is not None else [name for name in rows[0] if name not in keys]
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={name: statement.excluded[name] for name in changed}),
        rows,
    )


def insert_missing(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows, but leave those alone that any unique key already has."""
    if not rows:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(make(table).on_conflict_do_nothing(), rows)
