"""How many uploads a tablet may have open, and what becomes of photos that no inspection declares."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from inspect_api.services import Services
from inspect_api.uploads.finishing import expire_uploads
from tests import photo_fixtures as photos
from tests.databases import both_databases
from tests.inspect_api.uploads.declaring import Waiting
from tests.inspect_api.uploads.test_uploads import files, stored
from tests.inspect_api.uploads.tus import Tus, digest
from tests.world import SteppedClock, World, build_world, log_in, make_services

database_kind = both_databases

LIMIT = 3


@pytest.fixture
def services(tmp_path: Path, clock: SteppedClock, database_url: str | None) -> Iterator[Services]:
    made = make_services(tmp_path, clock, database_url, upload_max_open=LIMIT, undeclared_days=30)
    yield made
    made.database.dispose()


@pytest.fixture
async def admin(client: AsyncTestClient[Any]) -> dict[str, str]:
    return await log_in(client, "admin")


def pictures(number: int) -> list[bytes]:
    return [photos.jpeg(seed=seed) for seed in range(number)]


async def test_one_upload_too_many_waits_and_loses_nothing(tus: Tus, client, world: World) -> None:
    *begun, late = pictures(LIMIT + 1)
    locations = [await tus.begin(content) for content in begun]
    refused = await tus.create(late, body=late)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert (refused.headers["retry-after"], refused.json()["limit"]) == ("60", LIMIT)
    for location, content in zip(locations, begun, strict=True):
        assert (await tus.patch(location, 0, content)).status_code == 204
    assert (await tus.create(late, body=late)).status_code == 201
    assert sorted(stored(world)) == sorted(map(digest, [*begun, late]))


async def test_another_tablet_of_the_same_user_has_its_own_room(tus: Tus, client) -> None:
    *begun, late = pictures(LIMIT + 1)
    for content in begun:
        await tus.begin(content)
    other = Tus(client, await log_in(client, "chen", new_id()))
    assert (await tus.create(late)).status_code == 429
    assert (await other.create(late)).status_code == 201


async def test_a_tablet_that_never_hears_the_answer_is_not_shut_out(tus: Tus, world: World) -> None:
    first, second = pictures(2)
    kept = await tus.begin(second)
    for _ in range(3 * LIMIT):
        location = await tus.begin(first)
    assert (await tus.patch(kept, 0, second)).status_code == 204
    assert (await tus.patch(location, 0, first)).status_code == 204
    assert sorted(stored(world)) == sorted(map(digest, (first, second)))


async def test_a_stored_photo_closes_the_uploads_that_were_begun_for_it_before(tus: Tus, world: World) -> None:
    content, other = pictures(2)
    left = await tus.begin(content)
    await tus.patch(left, 0, content[:1000])
    assert (await tus.create(content, body=content)).status_code == 201
    assert (await tus.read(left))["state"] == "stored"
    assert (await tus.head(left)).headers["upload-offset"] == str(len(content))
    expire_uploads(world.services)
    assert files(world) == []
    for _ in range(LIMIT):
        assert (await tus.create(other)).status_code == 201


async def test_giving_one_up_makes_room(tus: Tus) -> None:
    *begun, late = pictures(LIMIT + 1)
    locations = [await tus.begin(content) for content in begun]
    await tus.delete(locations[0])
    assert (await tus.create(late)).status_code == 201


async def test_a_photo_that_is_here_needs_no_room(tus: Tus) -> None:
    here, *begun = pictures(LIMIT + 1)
    await tus.create(here, body=here)
    for content in begun:
        await tus.begin(content)
    assert (await tus.create(here)).headers["upload-offset"] == str(len(here))


async def test_a_photo_that_nobody_declares_is_listed_and_kept(
    tus: Tus, world: World, client, admin: dict[str, str], clock: SteppedClock
) -> None:
    build_world(world.services, (), prefix="other-")
    waiting = Waiting(world)
    declared, stray = pictures(2)
    waiting.declare(digest(declared))
    for content in (declared, stray):
        await tus.create(content, body=content)

    async def listed(headers: dict[str, str]) -> list[str]:
        answer = await client.get("/api/v1/undeclared-photos", headers=headers)
        assert answer.status_code == 200, answer.text
        return [one["sha256"] for one in answer.json()]

    assert await listed(admin) == []
    clock.forward(days=31)
    admin = await log_in(client, "admin")
    assert await listed(admin) == [digest(stray)]
    assert await listed(await log_in(client, "other-admin")) == []
    manager = await log_in(client, "manager")
    assert (await client.get("/api/v1/undeclared-photos", headers=manager)).status_code == 403
    late = waiting.declare(digest(stray))  # a tablet that was offline for a month
    assert waiting.state(late) == "complete"
    assert await listed(admin) == []
