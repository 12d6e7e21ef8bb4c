"""Photos are seen by those who may see an inspection that declares them, and every view is logged."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from litestar.testing import AsyncTestClient
from PIL import Image

from checklists.ids import new_id
from checklists.tables import Audit, Inspection
from checklists.tables.columns import table_of
from tests import photo_fixtures as photos
from tests.databases import both_databases
from tests.inspect_api.uploads.tus import Tus, digest
from tests.worked_numbers import GROOMING, WORKSPACE_5S
from tests.world import START, Pen, World, build_world, log_in

database_kind = both_databases

CONTENT = photos.jpeg(2000, 1500, orientation=6)
PHOTO = digest(CONTENT)


@pytest.fixture
async def client(world: World) -> AsyncIterator[AsyncTestClient[Any]]:
    async with world.client() as running:
        yield running


async def declare(client: AsyncTestClient[Any], world: World, **inspection: Any) -> str:
    """Push an inspection with the photo as evidence; gives its id."""
    pen = Pen(world.sites["lobby"])
    tablet = await log_in(client, "chen", pen.replica_id)
    template = world.templates[inspection.pop("template", GROOMING.key)]
    fields = {f"evidence/{PHOTO}": {"item": None}}
    change = pen.inspection(template, {}, **inspection, **fields)
    body = {"device_time": START.isoformat(), "changes": [change]}
    answer = await client.post("/api/v1/sync/push", json=body, headers=tablet)
    assert answer.json()["results"][0]["status"] == "stored", answer.text
    return str(change["inspection_id"])


async def send(client: AsyncTestClient[Any]) -> None:
    tus = Tus(client, await log_in(client, "chen", new_id()))
    assert (await tus.create(CONTENT, body=CONTENT)).status_code == 201


async def look(client: AsyncTestClient[Any], login: str, size: str = "large") -> Any:
    return await client.get(f"/api/v1/photos/{PHOTO}", params={"size": size}, headers=await log_in(client, login))


def views(world: World) -> list[tuple[str, dict[str, str]]]:
    audit = table_of(Audit)
    query = sa.select(audit.c.actor_id, audit.c.detail).where(
        audit.c.action == "photo.view", audit.c.object_id == PHOTO, audit.c.organisation_id == world.organisation_id
    )
    with world.services.database.read() as connection:
        return [(row.actor_id, json.loads(row.detail)) for row in connection.execute(query)]


def missing(world: World, inspection_id: str) -> int:
    inspection = table_of(Inspection)
    with world.services.database.read() as connection:
        query = sa.select(inspection.c.missing_photos).where(inspection.c.id == inspection_id)
        return int(connection.execute(query).scalar_one())


async def test_the_inspection_learns_that_its_photo_is_here(client: AsyncTestClient[Any], world: World) -> None:
    before = await declare(client, world, employee_id=world.employees["lobby-1"])
    assert missing(world, before) == 1
    await send(client)
    assert missing(world, before) == 0
    after = await declare(client, world, employee_id=world.employees["lobby-2"])
    assert missing(world, after) == 0


async def test_each_size_upright_private_and_logged(client: AsyncTestClient[Any], world: World) -> None:
    inspection = await declare(client, world, employee_id=world.employees["lobby-2"])
    await send(client)
    for size, expected in (("full", (2000, 1500)), ("large", (1600, 1200)), ("small", (320, 240))):
        answer = await look(client, "manager", size)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(answer.content)).size == expected
        assert answer.headers["cache-control"].startswith("private")
        assert "authorization" in answer.headers["vary"]
    seen = [
        (world.users["manager"], {"inspection_id": inspection, "size": size}) for size in ("full", "large", "small")
    ]
    assert views(world) == seen


async def test_who_may_see_it(client: AsyncTestClient[Any], world: World) -> None:
    await declare(client, world, employee_id=world.employees["lobby-2"])
    await send(client)
    seen = {login: (await look(client, login)).status_code for login in world.users}
    assert seen == {
        "chen": 200,
        "liu": 200,
        "wang": 200,
        "manager": 200,
        "admin": 200,
        "zhao": 404,  # supervisor of another site
        "employee": 404,  # it is about a colleague
    }
    assert (await client.get(f"/api/v1/photos/{PHOTO}")).status_code == 401
    assert len(views(world)) == 5


async def test_an_employee_sees_what_is_about_them_once_it_is_submitted(
    client: AsyncTestClient[Any], world: World
) -> None:
    await send(client)
    await declare(client, world, employee_id=world.employees["lobby-1"], submitted=False)
    assert (await look(client, "employee")).status_code == 404
    await declare(client, world, employee_id=world.employees["lobby-1"])
    assert (await look(client, "employee")).status_code == 200


async def test_an_employee_sees_the_workspace_that_was_theirs(client: AsyncTestClient[Any], world: World) -> None:
    await send(client)
    await declare(client, world, template=WORKSPACE_5S.key, workspace_id=world.workspaces["lobby"])
    assert (await look(client, "employee")).status_code == 200


async def test_another_organisation_sees_nothing(client: AsyncTestClient[Any], world: World) -> None:
    await declare(client, world, employee_id=world.employees["lobby-1"])
    await send(client)
    build_world(world.services, (), prefix="other-")
    assert (await look(client, "other-admin")).status_code == 404
    headers = await log_in(client, "other-admin")
    assert (await client.get(f"/api/v1/photos/{PHOTO}/status", headers=headers)).json()["state"] == "missing"


async def test_a_photo_that_nothing_declares_is_shown_to_nobody(client: AsyncTestClient[Any], world: World) -> None:
    await send(client)
    assert {(await look(client, login)).status_code for login in ("chen", "admin")} == {404}
    assert views(world) == []


async def test_a_photo_of_other_bytes_than_were_stored_is_not_shown(client: AsyncTestClient[Any], world: World) -> None:
    await declare(client, world, employee_id=world.employees["lobby-1"])
    await send(client)
    folder = world.services.settings.data_dir / "photos" / world.organisation_id / PHOTO
    (small,) = folder.glob("small-*")
    small.write_bytes(small.read_bytes()[:-1])
    assert (await look(client, "admin", "small")).status_code == 503
    (large,) = folder.glob("large-*")
    large.unlink()
    assert (await look(client, "admin", "large")).status_code == 503
    assert (await look(client, "admin", "full")).status_code == 200


async def test_whether_it_is_here(client: AsyncTestClient[Any], world: World) -> None:
    headers = await log_in(client, "chen")
    path = f"/api/v1/photos/{PHOTO}/status"
    assert (await client.get(path, headers=headers)).json() == {"sha256": PHOTO, "state": "missing"}
    await send(client)
    assert (await client.get(path, headers=headers)).json() == {"sha256": PHOTO, "state": "stored"}


async def test_what_is_no_hash_and_no_size(client: AsyncTestClient[Any], world: World) -> None:
    headers = await log_in(client, "chen")
    assert (await client.get("/api/v1/photos/..%2F..%2Fsecret", headers=headers)).status_code in (400, 404)
    assert (await client.get("/api/v1/photos/abc", headers=headers)).status_code == 400
    assert (await look(client, "chen", "huge")).status_code == 400
