"""Two writers meet at one inspection: whoever comes second sees what the first has done."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from checklists.tables import Inspection, Photo
from checklists.tables.columns import table_of
from sync.arrivals import photo_arrived
from sync.messages import PushAnswer, PushRequest
from sync.push import push
from sync.pusher import Pusher, receive
from sync.statements import insert
from sync.tables import FeedRow
from tests.databases import both_databases
from tests.inspect_api.api.test_push_pull import clean_inspection
from tests.world import START, Pen, World, log_in

database_kind = both_databases
_DIGEST = "ab" * 32


@pytest.fixture
async def pens(world: World) -> list[Pen]:
    """Tablets that are logged in."""
    made = [Pen(world.sites["lobby"]) for _ in range(2)]
    async with world.client() as client:
        for login, pen in zip(("chen", "liu"), made, strict=True):
            await log_in(client, login, pen.replica_id)
    return made


def bring(connection: sa.Connection, world: World, login: str, pen: Pen, *changes: dict[str, Any]) -> PushAnswer:
    pusher = Pusher(world.organisation_id, world.users[login], pen.replica_id, frozenset([world.sites["lobby"]]))
    request = PushRequest([msgspec.Raw(json.dumps(change).encode()) for change in changes])
    answer = push(connection, receive(pusher, request, START), START)
    assert {result.status for result in answer.results} == {"stored"}
    return answer


def view(world: World, inspection_id: str) -> Any:
    row = table_of(FeedRow)
    with world.services.database.read() as connection:
        return json.loads(
            connection.execute(sa.select(row.c.body).where(row.c.object_id == inspection_id)).scalar_one()
        )


def test_a_push_waits_for_another_that_writes_the_same_inspection_and_sees_its_change(
    world: World, pens: list[Pen]
) -> None:
    chen, liu = pens
    database = world.services.database
    begun = clean_inspection(world, chen)
    with database.write() as connection:
        bring(connection, world, "chen", chen, begun)
    key, note = begun["inspection_id"], "inspection/note"
    first = chen.change(key, {note: "chen"}, reason="复核")
    second = liu.change(key, {note: "liu"}, reason="复核")

    def later() -> None:
        with database.write() as connection:
            bring(connection, world, "liu", liu, second)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            bring(connection, world, "chen", chen, first)
            waiting = pool.submit(later)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
        waiting.result(60)
    assert view(world, key)["conflicts"] == [note]
    inspection = table_of(Inspection)
    with database.read() as connection:
        counted = connection.execute(sa.select(inspection.c.conflicts).where(inspection.c.id == key)).scalar_one()
    assert counted == 1


@pytest.mark.parametrize("first", ["photo", "push"])
def test_a_photo_and_the_push_that_declares_it_do_not_miss_each_other(
    world: World, pens: list[Pen], first: str
) -> None:
    chen, _ = pens
    database = world.services.database
    change = clean_inspection(world, chen)
    change["fields"][f"evidence/{_DIGEST}"] = {"item": "worked_grooming.hair"}

    def declare(connection: sa.Connection) -> None:
        bring(connection, world, "chen", chen, change)

    def arrive(connection: sa.Connection) -> None:
        row = dict.fromkeys(("full_sha256", "large_sha256", "small_sha256"), "x") | {
            "organisation_id": world.organisation_id,
            "sha256": _DIGEST,
            "media_type": "image/jpeg",
            "size": 1,
            "width": 1,
            "height": 1,
            "stored_at": START,
        }
        insert(connection, table_of(Photo), [row])
        photo_arrived(connection, world.organisation_id, _DIGEST, START)

    works = (arrive, declare) if first == "photo" else (declare, arrive)

    def later() -> None:
        with database.write() as connection:
            works[1](connection)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            works[0](connection)
            waiting = pool.submit(later)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
        waiting.result(60)
    seen = view(world, change["inspection_id"])
    assert (seen["state"], seen.get("missing_photos", [])) == ("complete", [])
