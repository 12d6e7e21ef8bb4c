"""A running application, a logged-in supervisor with a tablet, and inspections that wait for photos."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from tests.inspect_api.uploads.declaring import Waiting
from tests.inspect_api.uploads.tus import Tus
from tests.world import World, log_in


@pytest.fixture
def waiting(world: World) -> Waiting:
    return Waiting(world)


@pytest.fixture
async def client(world: World) -> AsyncIterator[AsyncTestClient[Any]]:
    async with world.client() as running:
        yield running


@pytest.fixture
async def tus(client: AsyncTestClient[Any]) -> Tus:
    return Tus(client, await log_in(client, "chen", new_id()))
