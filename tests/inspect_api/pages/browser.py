"""A browser for tests of the pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar.testing import AsyncTestClient

from tests.world import PASSWORD, World


@asynccontextmanager
async def browser(world: World, login: str | None = None) -> AsyncIterator[AsyncTestClient[Any]]:
    """A browser, logged in through the page's own form."""
    async with world.client() as client:
        if login:
            answer = await client.post("/login", data={"login": login, "password": PASSWORD}, follow_redirects=False)
            assert answer.status_code == 303, answer.text
        yield client
