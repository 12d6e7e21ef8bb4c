"""Fixtures that every layer shares. The database is the migrated schema, on each database that the suite runs on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspect_api.services import Services
from tests.worked_numbers import GROOMING, POST_STANDING, WORKSPACE_5S
from tests.world import SteppedClock, World, build_world, make_services


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def services(tmp_path: Path, clock: SteppedClock) -> Iterator[Services]:
    made = make_services(tmp_path, clock)
    yield made
    made.database.dispose()


@pytest.fixture
def world(services: Services) -> World:
    return build_world(services, (GROOMING, POST_STANDING, WORKSPACE_5S))
