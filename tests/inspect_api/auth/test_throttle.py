"""Guessing passwords has to wait, over all processes alike; nobody who works is kept from it longer than needed."""

import asyncio
from pathlib import Path
from typing import Any

from litestar.testing import AsyncTestClient

from inspect_api.app import create_app
from inspect_api.database import Database
from inspect_api.services import Services
from tests.databases import both_databases
from tests.world import PASSWORD, SteppedClock, World, log_in

WRONG = "a guess"
database_kind = both_databases


async def attempt(client: AsyncTestClient[Any], login: str, password: str = WRONG) -> Any:
    return await client.post("/api/v1/auth/login", json={"login": login, "password": password})


async def test_after_ten_failures_the_account_waits_and_says_how_long(world: World, clock: SteppedClock) -> None:
    async with world.client() as client:
        for _ in range(10):
            assert (await attempt(client, "manager")).status_code == 401
        refused = await attempt(client, "MANAGER ", PASSWORD)
        assert refused.status_code == 429
        assert refused.json()["code"] == "too_many_requests"
        seconds = int(refused.headers["retry-after"])
        assert 0 < seconds <= 900
        assert (await attempt(client, "liu", PASSWORD)).status_code == 200
        page = await client.post("/login", data={"login": "manager", "password": PASSWORD})
        assert (page.status_code, page.headers["retry-after"]) == (429, str(seconds))
        clock.forward(seconds=seconds)
        assert (await attempt(client, "manager", PASSWORD)).status_code == 200


async def test_a_log_in_forgets_the_failures_of_the_account(world: World) -> None:
    async with world.client() as client:
        for _ in range(3):
            for _ in range(9):
                assert (await attempt(client, "manager")).status_code == 401
            assert (await attempt(client, "manager", PASSWORD)).status_code == 200


async def test_an_unknown_account_is_counted_and_answered_alike(world: World) -> None:
    async with world.client() as client:
        answers = [[(await attempt(client, login)) for _ in range(11)] for login in ("manager", "nobody")]
    known, unknown = ([(one.status_code, one.json().get("detail")) for one in row] for row in answers)
    assert known == unknown
    assert known[-1][0] == 429


async def test_guessing_at_many_accounts_from_one_address_waits_too(world: World, services: Services) -> None:
    few = services.settings.model_copy(update={"login_failures_address": 12})  # each guess costs a hash on purpose
    strict = Services(few, services.database, services.clock, services.blobs, services.mailer)
    async with AsyncTestClient(create_app(strict)) as client:
        for number in range(12):
            assert (await attempt(client, f"guess-{number}")).status_code == 401
        assert (await attempt(client, "manager", PASSWORD)).status_code == 429


async def test_it_holds_over_several_processes_and_for_many_at_once(
    world: World, services: Services, tmp_path: Path
) -> None:
    """Another process is another pool of connections and another application over the same database."""
    settings, second = services.settings, Database(services.settings.effective_database_url())
    other = Services(settings, second, services.clock, services.blobs, services.mailer)
    async with world.client() as one, AsyncTestClient(create_app(other)) as two:
        answers = await asyncio.gather(*(attempt(client, "manager") for client in (one, two) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 10
        assert (await attempt(two, "manager", PASSWORD)).status_code == 429
    second.dispose()


async def test_a_tablet_that_is_logged_in_goes_on(world: World) -> None:
    replica = "01939f00-0000-7000-8000-00000000abcd"
    async with world.client() as client:
        head = await log_in(client, "chen", replica)
        for _ in range(12):
            await attempt(client, "chen")
        assert (await client.get("/api/v1/auth/me", headers=head)).status_code == 200
        assert (await client.post("/api/v1/sync/pull", headers=head, json={})).status_code != 429
