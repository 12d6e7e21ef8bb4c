"""Roles given and taken back over HTTP, and what that does to the work of somebody who is offline meanwhile."""

from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from litestar.testing import AsyncTestClient

from checklists.tables import Audit, table_of
from sync.tables import Quarantine
from tests.databases import both_databases
from tests.inspect_api.api.test_push_pull import clean_inspection, pull_all, push
from tests.photo_fixtures import jpeg
from tests.world import START, Pen, SteppedClock, World, build_world, log_in

database_kind = both_databases


async def give(client: AsyncTestClient[Any], world: World, login: str, role: str, site: str | None) -> Any:
    body = {"role": role} | ({"site_id": world.sites[site]} if site else {})
    path = f"/api/v1/users/{world.users[login]}/grants"
    return await client.post(path, json=body, headers=await log_in(client, "admin"))


async def take(client: AsyncTestClient[Any], world: World, login: str, role: str = "supervisor") -> Any:
    admin = await log_in(client, "admin")
    path = f"/api/v1/users/{world.users[login]}/grants"
    listed = (await client.get(path, headers=admin)).json()
    (found,) = [row for row in listed if row["role"] == role and row["revoked_at"] is None]
    return await client.delete(f"{path}/{found['id']}", headers=admin)


async def test_a_role_has_a_history_and_everything_is_in_the_audit(world: World, clock: SteppedClock) -> None:
    async with world.client() as client:
        assert (await take(client, world, "chen")).status_code == 204
        clock.forward(minutes=5)
        assert (await give(client, world, "chen", "supervisor", "lobby")).status_code == 200
        answer = await give(client, world, "chen", "supervisor", "lobby")
    first, second = answer.json()
    assert first["revoked_at"] is not None
    assert second["revoked_at"] is None
    with world.services.database.read() as connection:
        audit = table_of(Audit)
        rows = connection.execute(sa.select(audit.c.action, audit.c.actor_id, audit.c.detail).order_by(audit.c.at))
        told = [(action, actor, msgspec.json.decode(detail)["grant_id"]) for action, actor, detail in rows]
    admin = world.users["admin"]
    assert told == [("role.revoke", admin, first["id"]), ("role.grant", admin, second["id"])]


async def test_only_administrators_of_the_same_organisation_give_roles(world: World) -> None:
    other = build_world(world.services, (), prefix="other-")
    async with world.client() as client:
        manager = await log_in(client, "manager")
        path = f"/api/v1/users/{world.users['chen']}/grants"
        body = {"role": "manager", "site_id": world.sites["lobby"]}
        assert (await client.post(path, json=body, headers=manager)).status_code == 403
        assert (await client.get("/api/v1/users", headers=manager)).status_code == 403
        stranger = await log_in(client, "other-admin")
        assert (await client.post(path, json=body, headers=stranger)).status_code == 404
        admin = await log_in(client, "admin")
        foreign = await client.post(path, json=body | {"site_id": other.sites["lobby"]}, headers=admin)
        assert (foreign.status_code, foreign.json()["path"]) == (400, "/site_id")
        no_site = await client.post(path, json={"role": "manager"}, headers=admin)
        assert (no_site.status_code, no_site.json()["path"]) == (400, "/site_id")
        assert {user["login"] for user in (await client.get("/api/v1/users", headers=admin)).json()} == set(world.users)


async def test_nobody_locks_the_last_door_behind_themselves(world: World) -> None:
    async with world.client() as client:
        assert (await take(client, world, "admin", "administrator")).status_code == 409


async def test_what_was_made_while_allowed_is_stored_and_what_came_later_is_kept_in_quarantine(
    world: World, clock: SteppedClock
) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        clock.forward(minutes=10)
        before = clean_inspection(world, pen)
        await take(client, world, "chen")
        clock.forward(minutes=1)
        after = clean_inspection(world, pen) | {"captured_at": clock().isoformat()}
        # A device two years behind, which knows that: the corrected time counts, not the one it shows.
        wrong = (START - timedelta(days=730)).isoformat()
        late = timedelta(days=730, hours=2) // timedelta(milliseconds=1)
        behind = clean_inspection(world, pen) | {"captured_at": wrong, "clock_offset_ms": late}
        early = timedelta(days=730, minutes=5) // timedelta(milliseconds=1)
        in_time = clean_inspection(world, pen) | {"captured_at": wrong, "clock_offset_ms": early}
        answer = await push(client, chen, before, after, behind, in_time)
        again = await push(client, chen, before)
    assert [result.get("code", "stored") for result in answer["results"]] == [
        "stored",
        "foreign_site",
        "foreign_site",
        "stored",
    ]
    assert again["results"][0]["status"] == "duplicate"
    with world.services.database.read() as connection:
        quarantine = table_of(Quarantine)
        kept = connection.execute(sa.select(quarantine.c.change_id, quarantine.c.code)).all()
    assert sorted(kept) == sorted((change["id"], "foreign_site") for change in (after, behind))


async def test_a_former_supervisor_of_one_site_has_no_way_into_another(world: World, clock: SteppedClock) -> None:
    pen = Pen(world.sites["tower"])
    made = clean_inspection(world, pen)
    clock.forward(minutes=5)
    async with world.client() as client:
        await take(client, world, "chen")
        chen = await log_in(client, "chen", pen.replica_id)
        answer = await push(client, chen, made)  # made while the other site was theirs
    assert answer["results"][0]["code"] == "foreign_site"


async def test_a_gained_site_comes_whole_and_a_lost_one_goes(world: World, clock: SteppedClock) -> None:
    pen, other = Pen(world.sites["lobby"]), Pen(world.sites["tower"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        change = clean_inspection(world, pen)
        await push(client, chen, change)
        zhao = await log_in(client, "zhao", other.replica_id)
        rows, cursor = await pull_all(client, zhao)
        assert ("inspection", change["inspection_id"]) not in rows
        clock.forward(days=30)
        await give(client, world, "zhao", "supervisor", "lobby")
        zhao = await log_in(client, "zhao", other.replica_id)
        rows, cursor = await pull_all(client, zhao, cursor)
        assert rows["inspection", change["inspection_id"]]["score"] == "100.0"
        assert ("employee", world.employees["lobby-1"]) in rows
        path = f"/api/v1/users/{world.users['zhao']}/grants"
        admin = await log_in(client, "admin")
        (lobby,) = [row for row in (await client.get(path, headers=admin)).json() if row["site_id"] == pen.site_id]
        await client.delete(f"{path}/{lobby['id']}", headers=admin)
        page = await client.get("/api/v1/sync/pull", params={"cursor": cursor}, headers=zhao)
    assert page.json()["removed_scopes"] == [pen.site_id]
    assert page.json()["rows"] == []


async def test_photos_of_a_site_that_was_lost_still_arrive(world: World, clock: SteppedClock) -> None:
    pen = Pen(world.sites["lobby"])
    photo = jpeg(640, 480, seed=7)
    digest = sha256(photo).hexdigest()
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        change = clean_inspection(world, pen)
        change["fields"][f"evidence/{digest}"] = {"item": "worked_grooming.hair"}
        clock.forward(minutes=1)
        await take(client, world, "chen")
        assert (await push(client, chen, change))["results"][0]["status"] == "stored"
        metadata = "sha256 " + b64encode(digest.encode()).decode()
        tus = {"tus-resumable": "1.0.0", "upload-length": str(len(photo)), "upload-metadata": metadata}
        whole = tus | {"content-type": "application/offset+octet-stream"}
        answer = await client.post("/api/v1/uploads", content=photo, headers=chen | whole)
        assert answer.status_code == 201, answer.text
        await give(client, world, "chen", "supervisor", "lobby")
        rows, _ = await pull_all(client, chen)
    assert rows["inspection", change["inspection_id"]]["state"] == "complete"


@pytest.mark.parametrize("year", [1, 9998])
async def test_no_date_of_a_device_keeps_a_change_in_its_outbox_for_ever(
    world: World, clock: SteppedClock, year: int
) -> None:
    """Past the end of the calendar there is no instant to compare; the answer is a decision, not "try again later"."""
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        await take(client, world, "chen")
        chen = await log_in(client, "chen", pen.replica_id)
        sign = -1 if year == 1 else 1
        change = clean_inspection(world, pen) | {
            "captured_at": f"{year:04d}-06-01T00:00:00+00:00",
            "clock_offset_ms": sign * 10**14,
        }
        answer = await push(client, chen, change)
    assert answer["results"][0]["status"] == "refused"
    assert answer["results"][0]["code"] in ("foreign_site", "invalid_field")
