"""A one-time code brings a tablet into use: once, for one user, for a day."""

from asyncio import gather
from typing import Any

import pytest
import sqlalchemy as sa
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from checklists.tables import Audit, table_of
from inspect_api.auth.enrolment import LIFE
from sync.tables import EnrolmentCode
from tests.databases import both_databases
from tests.inspect_api.pages.browser import browser
from tests.world import SteppedClock, World, build_world, log_in

database_kind = both_databases
Client = AsyncTestClient[Any]


async def make(client: Client, world: World, user: str = "chen", by: str = "admin") -> Any:
    headers = await log_in(client, by)
    return await client.post("/api/v1/enrolment-codes", json={"user_id": world.users[user]}, headers=headers)


async def use(client: Client, code: str, replica: str | None = None) -> Any:
    body = {"code": code, "replica": {"id": replica or new_id(), "device_name": "iPad"}}
    return await client.post("/api/v1/enrolment", json=body)


async def test_a_code_logs_a_tablet_in_once(world: World) -> None:
    async with world.client() as client:
        made = (await make(client, world)).json()
        assert made["address"].endswith(f"/tablet/#enrol={made['code']}")
        # However it is typed: small letters, spaces, and an O for a zero.
        typed = made["code"].lower().replace("-", " ").replace("0", "o")
        session = await use(client, typed, replica := new_id())
        assert session.status_code == 200, session.text
        assert (session.json()["user_id"], session.json()["replica_id"]) == (world.users["chen"], replica)
        headers = {"authorization": f"Bearer {session.json()['access_token']}"}
        assert (await client.get("/api/v1/sync/pull", headers=headers)).status_code == 200
        again = await use(client, made["code"])
    assert (again.status_code, again.json()["code"], again.json()["path"]) == (401, "bad_login", "/code")
    with world.services.database.read() as connection:
        row = connection.execute(sa.select(table_of(EnrolmentCode))).mappings().one()
        deeds = connection.execute(sa.select(table_of(Audit).c.action)).scalars().all()
    assert row["replica_id"] == replica
    assert made["code"] not in map(str, row.values())
    assert made["code"].replace("-", "") not in map(str, row.values())
    assert {"enrolment_code.make", "enrolment_code.use"} <= set(deeds)


async def test_of_eight_tablets_at_once_one_gets_in(world: World) -> None:
    async with world.client() as client:
        code = (await make(client, world)).json()["code"]
        answers = await gather(*(use(client, code) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert [answer.status_code for answer in answers].count(200) == 1


async def test_a_code_ends_after_a_day_and_with_the_next_one(world: World, clock: SteppedClock) -> None:
    async with world.client() as client:
        first = (await make(client, world)).json()["code"]
        second = (await make(client, world)).json()["code"]
        assert (await use(client, first)).status_code == 401
        clock.forward(seconds=LIFE.total_seconds())
        assert (await use(client, second)).status_code == 401


async def test_only_administrators_make_codes_and_only_for_their_own_people(world: World) -> None:
    other = build_world(world.services, (), prefix="other-")
    async with world.client() as client:
        for login in ("chen", "manager", "employee"):
            assert (await make(client, world, by=login)).status_code == 403
        assert (await make(client, other)).status_code == 404


async def test_codes_cannot_be_tried_through(world: World) -> None:
    limit = world.services.settings.login_failures_address
    async with world.client() as client:
        answers = [(await use(client, f"00000-0{number:04}")).status_code for number in range(limit + 1)]
    assert answers == [401] * limit + [429]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_page_shows_a_code_as_picture_and_as_text(world: World, language: str) -> None:
    async with browser(world, "admin") as client:
        form = await client.get(f"/replicas/enrol?lang={language}")
        assert 'name="user_id"' in form.text
        shown = await client.post("/replicas/enrol", data={"user_id": world.users["liu"]})
    assert shown.status_code in (200, 201)
    assert "<svg" in shown.text
    assert "Liu" in shown.text
    code = shown.text.partition('translate="no">')[2].partition("<")[0]
    async with world.client() as client:
        assert (await use(client, code)).json()["user_id"] == world.users["liu"]
    async with browser(world, "manager") as client:
        assert (await client.get("/replicas/enrol")).status_code == 403
