"""Fixtures that every layer shares. The database is the migrated schema.

A module whose promises must hold on both databases overrides ``database_kind``::

    database_kind = both_databases

Photos are kept in a folder; where ``blob_kind`` is ``s3``, in a real object store.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings

from inspect_api.services import Services
from tests.postgres_server import PostgresServer, running_postgres
from tests.s3_server import S3Server, running_s3
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


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def blob_kind() -> str:
    return "folder"


@pytest.fixture
def blob_settings(blob_kind: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """Empty: photos are kept in the test's own folder."""
    if blob_kind == "folder":
        return {}
    server: S3Server = request.getfixturevalue("s3")
    return server.settings(uuid4().hex)


@pytest.fixture
def services(
    tmp_path: Path, clock: SteppedClock, database_url: str | None, blob_settings: dict[str, str]
) -> Iterator[Services]:
    made = make_services(tmp_path, clock, database_url, **blob_settings)
    yield made
    made.database.dispose()


@pytest.fixture
def world(services: Services) -> World:
    return build_world(services, TEMPLATES)
