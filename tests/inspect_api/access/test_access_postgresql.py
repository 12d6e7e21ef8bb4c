"""The same rules on PostgreSQL, where they are about a site: what is read, and what is refused."""

import pytest

from tests.inspect_api.access.asking import ask_what_is_scoped
from tests.inspect_api.access.places import build_places
from tests.inspect_api.access.test_access import clock, rules
from tests.world import World

__all__ = ["clock"]


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


async def test_everyone_is_answered_as_on_sqlite(world: World) -> None:
    said = rules()
    assert await ask_what_is_scoped(world, build_places(world), said) == said
