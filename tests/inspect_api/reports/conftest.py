"""An organisation and services with a clock that a test sets, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from inspect_api.database import Database
from inspect_api.migrate import upgrade
from tests.inspect_api.reports.office import Office
from tests.postgres_server import PostgresServer

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def office_url(postgres: PostgresServer) -> str:
    """The address of one migrated database, which each test empties."""
    return postgres.fresh()


def _empty(database: Database) -> None:
    names = ", ".join(table.name for table in SQLModel.metadata.sorted_tables)
    with database.write() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} CASCADE"))


@pytest.fixture
def sqlite_office(tmp_path: Path) -> Iterator[Office]:
    """Monday 2026-11-23 at 08:00 in Shanghai: the reports on 2026-W47 have just come due."""
    database = Database(f"sqlite:///{tmp_path / 'inspect.db'}")
    upgrade(database)
    yield Office(database, tmp_path, NOW)
    database.dispose()


@pytest.fixture
def postgres_office(office_url: str, tmp_path: Path) -> Iterator[Office]:
    database = Database(office_url)
    _empty(database)
    yield Office(database, tmp_path, NOW)
    database.dispose()


@pytest.fixture(params=["sqlite_office", "postgres_office"])
def office(request: pytest.FixtureRequest) -> Office:
    """On both databases: for everything that claims and records."""
    chosen: Office = request.getfixturevalue(request.param)
    return chosen
