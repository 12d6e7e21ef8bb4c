"""A queue that a tablet exported, brought in by an administrator: nothing is lost, nothing counts twice."""

import json
from hashlib import sha256
from typing import Any

from litestar.testing import AsyncTestClient

from inspect_api.importing.queue_file import FIRST_LINE
from tests.databases import both_databases
from tests.inspect_api.pages.browser import browser
from tests.photo_fixtures import jpeg
from tests.worked_numbers import CHECK_C, GROOMING
from tests.world import Pen, World, log_in

database_kind = both_databases
PHOTO = jpeg(64, 48, seed=1)
DIGEST = sha256(PHOTO).hexdigest()


def queue(pen: Pen, user_id: str, changes: list[Any], photos: list[bytes], digest: str | None = None) -> bytes:
    listed = [{"sha256": digest or sha256(photo).hexdigest(), "size": len(photo)} for photo in photos]
    told = {"replica_id": pen.replica_id, "user_id": user_id, "changes": changes, "photos": listed}
    return FIRST_LINE + json.dumps(told).encode() + b"\n" + b"".join(photos)


def filled(world: World, pen: Pen) -> dict[str, Any]:
    answers = {key: response.value for key, response in CHECK_C.responses.items()}
    evidence = {f"evidence/{DIGEST}": {"item": f"{GROOMING.key}.hair"}}
    employee = world.employees["lobby-1"]
    return pen.inspection(world.templates[GROOMING.key], answers, employee_id=employee, **evidence)


async def send(client: AsyncTestClient[Any], content: bytes, by: str = "admin") -> Any:
    return await client.post("/api/v1/queues", content=content, headers=await log_in(client, by))


async def test_what_comes_as_a_file_counts_once_like_what_the_tablet_sends(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        headers = await log_in(client, "chen", pen.replica_id)
        change, foreign = filled(world, pen), Pen(world.sites["tower"], pen.replica_id)
        refused = filled(world, foreign)
        content = queue(pen, world.users["chen"], [change, refused], [PHOTO])
        first, second = (await send(client, content)).json(), (await send(client, content)).json()
        await client.post("/api/v1/sync/push", json={"changes": [change]}, headers=headers)
        rows = (await client.get("/api/v1/sync/pull", headers=headers)).json()["rows"]
    assert [result["status"] for result in first["results"]] == ["stored", "refused"]
    assert first["results"][1]["code"] == "foreign_site"
    assert first["photos"] == [{"sha256": DIGEST}]
    assert [result["status"] for result in second["results"]] == ["duplicate", "refused"]
    inspections = [row["body"] for row in rows if row["kind"] == "inspection"]
    assert [(body["state"], body["score"]) for body in inspections] == [("complete", "100.0")]


async def test_a_revoked_tablet_that_was_found_again_loses_nothing(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        await log_in(client, "chen", pen.replica_id)
        await client.post(f"/api/v1/replicas/{pen.replica_id}/revoke", headers=await log_in(client, "admin"))
        answer = await send(client, queue(pen, world.users["chen"], [filled(world, pen)], [PHOTO]))
    assert [result["status"] for result in answer.json()["results"]] == ["stored"]


async def test_what_is_no_queue_is_refused_whole(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        await log_in(client, "chen", pen.replica_id)
        good = queue(pen, world.users["chen"], [filled(world, pen)], [PHOTO])
        for content in (b"", b"PK\x03\x04", good[:200], good.replace(b'"changes"', b'"chances"')):
            assert (await send(client, content)).status_code == 400, content[:40]
        stranger = queue(pen, world.users["liu"], [], [])
        assert (await send(client, stranger)).status_code == 404
        for login in ("chen", "manager"):
            assert (await send(client, good, login)).status_code == 403
        # Cut off in the photos: the changes are taken, and the photo is said to be missing.
        cut = (await send(client, good[:-20])).json()
    assert [result["status"] for result in cut["results"]] == ["stored"]
    assert cut["photos"] == [{"sha256": DIGEST, "reason": "hash_mismatch"}]


async def test_the_page_tells_what_was_taken_and_what_not(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        await log_in(client, "chen", pen.replica_id)
    content = queue(pen, world.users["chen"], [filled(world, pen)], [b"not a photo"])
    async with browser(world, "admin") as client:
        assert "待发数据文件" in (await client.get("/replicas/import")).text
        answer = await client.post("/replicas/import?lang=en", files={"queue": ("chen.queue", content)})
        nothing = await client.post("/replicas/import", files={"queue": ("chen.queue", b"nothing")})
    assert answer.status_code in (200, 201)
    assert "Imported for Chen" in answer.text
    assert "not_an_image" in answer.text
    assert nothing.status_code == 400
