"""What a test module puts into its ``database_kind`` to run on every database that the product supports."""

import pytest

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def both_databases(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def photos_where_they_grow(database_kind: str) -> str:
    """For ``blob_kind`` of a module on both databases: the two forms in which the service is run, small (SQLite and a
    folder) and grown (PostgreSQL and an object store)."""
    return "folder" if database_kind == "sqlite" else "s3"
