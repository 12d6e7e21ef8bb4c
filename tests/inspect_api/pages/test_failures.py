"""Whoever reads pages gets a page, whatever went wrong; whoever asks for JSON gets the problem."""

from typing import Any

import pytest
import sqlalchemy as sa

from inspect_api.pages.admin import log
from tests.inspect_api.pages.browser import browser
from tests.world import World

READER = {"accept": "text/html,application/xhtml+xml", "accept-language": "en"}


async def test_an_address_that_there_is_none_of(world: World) -> None:
    async with browser(world) as client:
        page = await client.get("/nowhere", headers=READER)
        problem = await client.get("/nowhere")
        interface = await client.get("/api/v1/nowhere", headers=READER)
    assert (page.status_code, "<h1>Not found</h1>" in page.text) == (404, True)
    for answer in (problem, interface):
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("failure", "status"), [(RuntimeError("secret"), 500), (sa.exc.OperationalError("secret", {}, Exception()), 503)]
)
async def test_a_bug_or_a_database_that_is_away_shows_nothing_of_the_inside(
    world: World, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int
) -> None:
    def fails(*_: Any) -> Any:
        raise failure

    async with browser(world, "admin") as client:
        monkeypatch.setattr(log.waiting, "waiting", fails)
        page = await client.get("/admin", headers=READER)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "secret" not in page.text
    assert ("retry-after" in page.headers) is (status == 503)
