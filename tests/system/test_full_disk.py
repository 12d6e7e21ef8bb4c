"""PostgreSQL finds no room for its tables: what it had is there, and what it does not take is not called stored."""

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from checklists.tables.columns import table_of
from sync.tables import Change
from tests.inspect_api.api.test_push_pull import clean_inspection
from tests.postgres_server import PostgresServer
from tests.world import Pen, World, log_in

database_kind = pytest.fixture(lambda: "postgresql")

_ROOM = 16 << 20
"""No file of the database may grow past this: a file of its log has just this size, and the log goes on."""
_AT_ONCE, _NOTE = 40, 60_000


@contextmanager
def full_disk(postgres: PostgresServer) -> Iterator[None]:
    """The database is started anew with the limit, which its processes inherit, and in the end without it."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, hard))
        try:
            postgres.crash()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        yield
    finally:
        postgres.crash()


async def test_what_a_full_database_has_not_taken_is_not_called_stored_and_arrives_later(
    postgres: PostgresServer, world: World
) -> None:
    chance = random.Random(1)
    pen = Pen(world.sites["lobby"])

    def large() -> dict[str, object]:
        change = clean_inspection(world, pen)
        change["fields"]["inspection/note"] = chance.randbytes(_NOTE // 2).hex()  # which no compression shrinks much
        return change

    told: dict[str, str] = {}
    async with world.client() as client:
        headers = await log_in(client, "chen", pen.replica_id)

        async def push(batch: list[dict[str, object]]) -> int:
            answer = await client.post("/api/v1/sync/push", json={"changes": batch}, headers=headers)
            if answer.status_code == 200:
                told.update((result["id"], result["status"]) for result in answer.json()["results"])
                assert all(r["status"] == "stored" or r.get("retry") for r in answer.json()["results"])
            else:
                assert answer.status_code == 503, answer.text
            return int(answer.status_code)

        sent: list[list[dict[str, object]]] = []
        with full_disk(postgres):
            while len(told) == len(sent) * _AT_ONCE and set(told.values()) <= {"stored"}:
                assert len(sent) < 40, "the disk is never full"
                sent.append([large() for _ in range(_AT_ONCE)])
                await push(sent[-1])
            assert _held(world) == {key for key, status in told.items() if status == "stored"}
        assert await push(sent[-1]) == 200
        assert set(told.values()) <= {"stored", "duplicate"}
        assert (await client.get("/health")).status_code == 200
    assert _held(world) == {str(change["id"]) for batch in sent for change in batch}


def _held(world: World) -> set[str]:
    with world.services.database.read() as connection:
        return set(connection.execute(sa.select(table_of(Change).c.id)).scalars())
