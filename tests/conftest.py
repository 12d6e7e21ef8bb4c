"""Fixtures that every layer shares. The database is the migrated schema.

A module whose promises must hold on both databases overrides ``database_kind``::

    database_kind = both_databases
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from inspect_api.services import Services
from tests.postgres_server import PostgresServer, running_postgres
from tests.worked_numbers import TEMPLATES
from tests.world import SteppedClock, World, build_world, make_services

# Two shared cores: how long one example took says nothing about the code.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str | None:
    """None: SQLite in the test's own folder."""
    if database_kind == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture
def services(tmp_path: Path, clock: SteppedClock, database_url: str | None) -> Iterator[Services]:
    made = make_services(tmp_path, clock, database_url)
    yield made
    made.database.dispose()


@pytest.fixture
def world(services: Services) -> World:
    return build_world(services, TEMPLATES)
