"""Supervisors who lay their tablets down when a test ends, also one that failed."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.system.fleet import Hire, Supervisor
from tests.world import World


@pytest.fixture
def hire() -> Iterator[Hire]:
    with ExitStack() as stack:

        def hired(folder: Path, world: World, login: str, url: str, seed: int) -> Supervisor:
            return stack.enter_context(closing(Supervisor(folder, world, login, url, seed)))

        yield hired
