"""A running application, a logged-in supervisor with a tablet, and a list of the photos that were announced."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from inspect_api.app import create_app
from tests.inspect_api.uploads.tus import Tus
from tests.world import World, log_in


@pytest.fixture
def announced() -> list[tuple[str, str]]:
    """(organisation id, SHA-256) of photos whose inspections were told."""
    return []


@pytest.fixture
async def client(world: World, announced: list[tuple[str, str]]) -> AsyncIterator[AsyncTestClient[Any]]:
    def note(_: sa.Connection, organisation_id: str, sha256: str) -> None:
        announced.append((organisation_id, sha256))

    app = create_app(world.services)
    app.state.on_photo_stored = note
    async with AsyncTestClient(app) as running:
        yield running


@pytest.fixture
async def tus(client: AsyncTestClient[Any]) -> Tus:
    return Tus(client, await log_in(client, "chen", new_id()))
