"""What a test module puts into its ``database_kind`` to run on every database that the product supports."""

import pytest

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def both_databases(request: pytest.FixtureRequest) -> str:
    return str(request.param)
