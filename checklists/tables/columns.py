"""Column types that behave the same on SQLite and PostgreSQL.

Identifiers are text on both: they come from tablets as JSON text and go back as JSON text, so converting them to
UUID objects and back would cost time at every step and gain nothing.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

ID_LENGTH = 36


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware instant. SQLite drops zones, so instants are stored in UTC and leave the database as UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored instant needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def id_field(**options: Any) -> Any:
    """The primary key: a UUIDv7 as text."""
    return Field(primary_key=True, max_length=ID_LENGTH, **options)


def reference(target: str, *, index: bool = True, nullable: bool = False, primary_key: bool = False) -> Any:
    """A foreign key to ``target`` (``"table.id"``)."""
    return Field(
        default=None if nullable else ...,
        foreign_key=target,
        index=index,
        nullable=nullable,
        primary_key=primary_key,
        max_length=ID_LENGTH,
    )


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_type=UtcDateTime, nullable=nullable, index=index)


def json_text(*, nullable: bool = False, default: Any = ...) -> Any:
    """JSON kept as text: the bytes that were hashed or sent are the bytes that are stored."""
    return Field(default=None if nullable else default, sa_type=sa.Text, nullable=nullable)


def table_of(model: type[SQLModel]) -> sa.Table:
    """The Core table behind a SQLModel class, for hot paths."""
    table = model.__table__  # type: ignore[attr-defined]
    if not isinstance(table, sa.Table):
        raise TypeError(f"{model.__name__} is not a table")
    return table
