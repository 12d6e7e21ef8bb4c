"""Statements over many rows do the same on both databases, whatever the rows hold."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from checklists.tables.columns import UtcDateTime
from inspect_api.services import Services
from sync.statements import among, insert, insert_missing, upsert
from tests.databases import both_databases

database_kind = both_databases

_TABLE = sa.Table(
    "of_every_kind",
    sa.MetaData(),
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("words", sa.Text),
    sa.Column("number", sa.BigInteger),
    sa.Column("yes", sa.Boolean),
    sa.Column("day", sa.Date),
    sa.Column("instant", UtcDateTime),
)
_SHANGHAI = timezone(timedelta(hours=8))
_NOON = datetime(2026, 11, 16, 12, 0, 0, 123456, tzinfo=_SHANGHAI)
_WORDS = "“领”\n\\ \" ' %s %(x)s {a,b} \\u0000 😀"
AWKWARD = [
    {
        "id": "1",
        "words": "“领”\n\\ \" ' %s %(x)s {a,b} \\u0000 😀",
        "number": -(2**62),
        "yes": True,
        "day": date(2026, 2, 28),
    },
    {"id": "2", "words": "", "number": 0, "yes": False, "day": date(1970, 1, 1)},
    {"id": "3", "words": '{"as": ["JSON", null]}', "number": 2**62, "yes": None, "day": None},
    {"id": "4", "words": None, "number": None, "yes": None, "day": None},
]
ROWS = [row | {"instant": _NOON + timedelta(days=n) if n else None} for n, row in enumerate(AWKWARD)]


@pytest.fixture
def connection(services: Services) -> Iterator[sa.Connection]:
    with services.database.write() as connection:
        _TABLE.create(connection)
        yield connection


def held(connection: sa.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.select(_TABLE).order_by(_TABLE.c.id)).mappings()]


def test_what_was_inserted_is_read_back_as_it_was(connection: sa.Connection) -> None:
    insert(connection, _TABLE, ROWS)
    assert held(connection) == ROWS
    assert held(connection)[1]["instant"].utcoffset() == timedelta(0)


def test_an_upsert_sets_the_named_columns_of_rows_that_are_there_and_inserts_the_others(
    connection: sa.Connection,
) -> None:
    insert(connection, _TABLE, ROWS[:2])
    newer = [row | {"words": "新", "number": 7} for row in ROWS]
    upsert(connection, _TABLE, newer, update=["words"])
    assert held(connection) == [
        *(row | {"words": "新"} for row in ROWS[:2]),
        *(row | {"words": "新", "number": 7} for row in ROWS[2:]),
    ]
    upsert(connection, _TABLE, newer)
    assert held(connection) == newer


def test_what_is_there_is_left_alone_when_only_missing_rows_are_inserted(connection: sa.Connection) -> None:
    insert(connection, _TABLE, ROWS[:2])
    insert_missing(connection, _TABLE, [row | {"words": "新"} for row in ROWS])
    assert held(connection) == [*ROWS[:2], *(row | {"words": "新"} for row in ROWS[2:])]


def test_a_key_that_is_there_fails_an_insert_and_takes_none_of_its_rows(connection: sa.Connection) -> None:
    insert(connection, _TABLE, ROWS[1:2])
    with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
        insert(connection, _TABLE, ROWS)
    assert held(connection) == ROWS[1:2]


def test_an_instant_without_a_zone_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(ValueError, match="zone"):
        insert(connection, _TABLE, [ROWS[0] | {"instant": datetime(2026, 11, 16)}])  # noqa: DTZ001


def test_no_rows_and_no_names_are_nothing(connection: sa.Connection) -> None:
    for put in (insert, upsert, insert_missing):
        put(connection, _TABLE, [])
    insert(connection, _TABLE, ROWS)
    found = sa.select(_TABLE.c.id).where(among(_TABLE.c.id, "ids")).order_by(_TABLE.c.id)
    assert list(connection.execute(found, {"ids": ["3", "1", "9"]}).scalars()) == ["1", "3"]
    assert list(connection.execute(found, {"ids": []}).scalars()) == []
