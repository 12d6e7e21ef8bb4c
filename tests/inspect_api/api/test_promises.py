"""What went wrong in others: acknowledged and not stored, skipped, mixed up with what belongs to somebody else."""

import asyncio
import base64
import random
from collections import Counter
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from checklists.tables.columns import table_of
from inspect_api.database import MORE_CONNECTIONS, READ_CONNECTIONS
from sync.tables import FeedRow
from tests.databases import both_databases
from tests.inspect_api.api.test_push_pull import clean_inspection, make_the_database_refuse, pull_all, push
from tests.world import Pen, World, log_in

database_kind = both_databases
WRITERS = 8


async def test_eight_identical_pushes_at_once_are_stored_by_one_and_called_duplicate_by_seven(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    batch = [clean_inspection(world, pen) for _ in range(3)]
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        answers = await asyncio.gather(*(push(client, chen, *batch) for _ in range(WRITERS)))
        rows, _ = await pull_all(client, chen)
    for place in range(len(batch)):
        told = Counter(answer["results"][place]["status"] for answer in answers)
        assert told == {"stored": 1, "duplicate": WRITERS - 1}
    assert max(answer["counts"]["stored"] for answer in answers) == len(batch)
    assert sum(kind == "inspection" for kind, _ in rows) == len(batch)


async def test_eight_writers_on_one_site_each_with_a_change_that_the_database_refuses(world: World) -> None:
    pens = [Pen(world.sites["lobby"]) for _ in range(WRITERS)]
    batches = [[clean_inspection(world, pen) for _ in range(25)] for pen in pens]
    make_the_database_refuse(world, *(batch[12]["id"] for batch in batches))
    async with world.client() as client:
        tablets = [await log_in(client, "chen", pen.replica_id) for pen in pens]
        answers = await asyncio.gather(
            *(push(client, headers, *batch) for headers, batch in zip(tablets, batches, strict=True))
        )
        rows, _ = await pull_all(client, tablets[0])
    pulled = {key for kind, key in rows if kind == "inspection"}
    for batch, answer in zip(batches, answers, strict=True):
        statuses = [result["status"] for result in answer["results"]]
        assert statuses == ["stored"] * 12 + ["refused"] + ["stored"] * 12
        assert answer["results"][12]["retry"] is True
        stored = [c["inspection_id"] for c, status in zip(batch, statuses, strict=True) if status == "stored"]
        assert pulled.issuperset(stored)
        assert batch[12]["inspection_id"] not in pulled


async def test_a_change_that_is_refused_for_two_reasons_one_after_the_other_is_kept_with_both(world: World) -> None:
    """Its site comes back and the change is no better. The tablet may have heard the one answer or the other."""
    pen = Pen(world.sites["tower"])
    wrong = pen.inspection(
        world.templates["worked_grooming"],
        {"worked_grooming.hair": {"value": "sideways"}},
        employee_id=world.employees["tower-1"],
    )
    async with world.client() as client:
        admin = await log_in(client, "admin")
        chen = await log_in(client, "chen", pen.replica_id)
        told = [(await push(client, chen, wrong))["results"][0]["code"] for _ in range(2)]
        grants = f"/api/v1/users/{world.users['chen']}/grants"
        role = {"role": "supervisor", "site_id": world.sites["tower"]}
        assert (await client.post(grants, json=role, headers=admin)).is_success
        told += [(await push(client, chen, wrong))["results"][0]["code"] for _ in range(2)]
        kept = (await client.get("/api/v1/quarantine", headers=admin)).json()["refusals"]
    assert told == ["foreign_site"] * 2 + ["invalid_field"] * 2
    assert sorted(one["code"] for one in kept) == ["foreign_site", "invalid_field"]
    assert {one["change_id"] for one in kept} == {wrong["id"]}


async def test_a_mangled_cursor_never_breaks_the_server_nor_shows_what_belongs_to_others(world: World) -> None:
    chance = random.Random(20261121)
    pen, elsewhere = Pen(world.sites["lobby"]), Pen(world.sites["tower"])
    statuses: Counter[int] = Counter()
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        zhao = await log_in(client, "zhao", elsewhere.replica_id)
        await push(client, chen, clean_inspection(world, pen))
        _, own = await pull_all(client, zhao)
        _, foreign = await pull_all(client, chen)
        allowed = {world.sites["tower"], world.organisation_id}
        for _ in range(150):
            mangled = _mangled(chance.choice((own, foreign)), chance)
            answer = await client.get("/api/v1/sync/pull", params={"cursor": mangled}, headers=zhao)
            statuses[answer.status_code] += 1
            if answer.status_code == 200:
                assert {row["scope"] for row in answer.json()["rows"]} <= allowed
    assert set(statuses) <= {200, 400, 410}
    assert statuses[400] > 20


async def test_a_cursor_from_another_site_shows_nothing_of_it(world: World) -> None:
    pen, elsewhere = Pen(world.sites["lobby"]), Pen(world.sites["tower"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        zhao = await log_in(client, "zhao", elsewhere.replica_id)
        await push(client, chen, clean_inspection(world, pen))
        page = (await client.get("/api/v1/sync/pull", params={"limit": "1"}, headers=chen)).json()
        foreign = {"cursor": page["cursor"]}  # it has seen next to nothing of the lobby
        answer = (await client.get("/api/v1/sync/pull", params=foreign, headers=zhao)).json()
    assert page["more"]
    assert {row["scope"] for row in answer["rows"]} == {world.sites["tower"], world.organisation_id}
    assert answer["removed_scopes"] == [world.sites["lobby"]]


def _mangled(cursor: str, chance: random.Random) -> str:
    """Bytes or characters turned, cut, doubled."""
    if chance.random() < 0.5:
        raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")
    place = chance.randrange(len(cursor))
    return chance.choice((cursor[:place], cursor[place:], cursor + cursor, cursor[:place] + "'" + cursor[place:]))


async def test_health_is_bad_while_what_was_committed_is_not_served(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    row = table_of(FeedRow)
    async with world.client() as client:
        await push(client, await log_in(client, "chen", pen.replica_id), clean_inspection(world, pen))
        assert (await client.get("/health")).status_code == 200
        with world.services.database.write() as connection:
            newest = sa.select(sa.func.max(row.c.seq)).where(row.c.scope_id == world.sites["lobby"]).scalar_subquery()
            gone = connection.execute(
                row.delete().where(row.c.scope_id == world.sites["lobby"], row.c.seq == newest)
            ).rowcount
        answer = await client.get("/health")
    assert gone == 1
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_with_no_connection_free_the_tablet_is_told_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = world.services.database.engine
    async with world.client() as client:
        chen = await log_in(client, "chen", Pen(world.sites["lobby"]).replica_id)
        monkeypatch.setattr(engine.pool, "_timeout", 0.1)  # half a minute otherwise
        with ExitStack() as held:
            for _ in range(READ_CONNECTIONS + MORE_CONNECTIONS):
                held.enter_context(engine.connect())
            answer = await client.get("/api/v1/sync/pull", headers=chen)
        assert (await client.get("/api/v1/sync/pull", headers=chen)).status_code == 200
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "5")
