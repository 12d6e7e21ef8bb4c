"""Whatever is wrong with a request, the answer says what and where, and nothing is written."""

from typing import Any

import pytest
import sqlalchemy as sa
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from checklists.tables import TemplateRevision
from checklists.tables.columns import table_of
from sync.tables import Change
from tests.databases import both_databases
from tests.worked_numbers import GROOMING
from tests.world import Pen, SteppedClock, World, log_in

database_kind = both_databases

PUSH = "/api/v1/sync/push"
CLEAN = {item.key: "pass" for item in GROOMING.items()} | {"worked_grooming.uniform": "full"}


def problem_of(answer: Any, status: int, code: str, path: str = "") -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"], body["path"]) == (status, code, path)
    assert body["title"]
    assert body["detail"]
    return body


def stored_changes(world: World) -> int:
    with world.services.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table_of(Change))).scalar_one())


def inspection(world: World, pen: Pen) -> dict[str, Any]:
    return pen.inspection(world.templates[GROOMING.key], CLEAN, employee_id=world.employees["lobby-1"])


async def tablet(client: AsyncTestClient[Any], world: World) -> tuple[Pen, dict[str, str]]:
    pen = Pen(world.sites["lobby"])
    return pen, await log_in(client, "chen", pen.replica_id)


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"", "malformed", ""),
        (b"{", "malformed", ""),
        (b"\xff\xfe", "malformed", ""),
        (b"[" * 100_000, "invalid_field", ""),
        (b"[]", "invalid_field", ""),
        (b"{}", "invalid_field", "/changes"),
        (b'{"changes": 7}', "invalid_field", "/changes"),
        (b'{"changes": [], "colour": 1}', "unknown_field", "/colour"),
        (b'{"changes": [], "device_time": "yesterday"}', "invalid_field", "/device_time"),
        (b'{"changes": [], "unsent": -1}', "invalid_field", "/unsent"),
    ],
)
async def test_a_push_that_is_no_push(world: World, body: bytes, code: str, path: str) -> None:
    async with world.client() as client:
        _, headers = await tablet(client, world)
        problem_of(await client.post(PUSH, content=body, headers=headers), 400, code, path)
    assert stored_changes(world) == 0


async def test_the_answer_is_in_the_readers_language(world: World) -> None:
    async with world.client() as client:
        _, headers = await tablet(client, world)
        chinese = await client.post(PUSH, content=b"{", headers=headers | {"accept-language": "zh-CN"})
        english = await client.post(PUSH, content=b"{", headers=headers | {"accept-language": "en-GB"})
    assert chinese.json()["title"] == "请求内容无法读取"
    assert english.json()["title"] == "The request cannot be read"


async def test_a_body_over_the_limit_says_the_limit_and_halving_works(world: World) -> None:
    async with world.client() as client:
        pen, headers = await tablet(client, world)
        limit = world.services.settings.push_max_changes
        changes = [inspection(world, pen) for _ in range(limit + 1)]
        refused = await client.post(PUSH, json={"changes": changes}, headers=headers)
        body = problem_of(refused, 413, "body_too_large", "/changes")
        assert (body["limit"], body["received"]) == (limit, limit + 1)
        padding = b'{"changes": [], "app_version": "' + b"x" * world.services.settings.push_body_limit + b'"}'
        large = problem_of(await client.post(PUSH, content=padding, headers=headers), 413, "body_too_large")
        assert large["limit"] == world.services.settings.push_body_limit
        assert stored_changes(world) == 0
        half = await client.post(PUSH, json={"changes": changes[: limit // 2]}, headers=headers)
    assert {result["status"] for result in half.json()["results"]} == {"stored"}


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "Bearer"])
async def test_a_bad_token(world: World, token: str) -> None:
    async with world.client() as client:
        answer = await client.post(PUSH, json={"changes": []}, headers={"authorization": f"Bearer {token}"})
        problem_of(answer, 401, "bad_token")


async def test_a_token_past_its_time_and_a_new_one_by_refresh(world: World, clock: SteppedClock) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        login = {"login": "chen", "password": "correct horse battery", "replica": {"id": pen.replica_id}}
        session = (await client.post("/api/v1/auth/login", json=login)).json()
        clock.forward(days=30)
        old = {"authorization": f"Bearer {session['access_token']}"}
        problem_of(await client.post(PUSH, json={"changes": []}, headers=old), 401, "bad_token")
        refresh = {"refresh_token": session["refresh_token"]}
        renewed = (await client.post("/api/v1/auth/refresh", json=refresh)).json()
        new = {"authorization": f"Bearer {renewed['access_token']}"}
        assert (await client.post(PUSH, json={"changes": []}, headers=new)).status_code == 200


async def test_a_refresh_whose_answer_was_lost_can_be_repeated_but_a_stolen_token_ends_the_log_in(
    world: World,
) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:

        async def renew(token: str) -> Any:
            return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})

        login = {"login": "chen", "password": "correct horse battery", "replica": {"id": pen.replica_id}}
        first = (await client.post("/api/v1/auth/login", json=login)).json()["refresh_token"]
        assert (await renew(first)).status_code == 200  # this answer is lost
        second = (await renew(first)).json()["refresh_token"]
        third = (await renew(second)).json()["refresh_token"]
        problem_of(await renew(first), 401, "bad_token")  # the child was used: two hold this token
        problem_of(await renew(third), 401, "bad_token")  # so the family has ended


async def test_a_revoked_replica(world: World) -> None:
    async with world.client() as client:
        pen, headers = await tablet(client, world)
        admin = await log_in(client, "admin")
        change = inspection(world, pen)
        await client.post(PUSH, json={"changes": [change]}, headers=headers)
        listed = (await client.get("/api/v1/replicas", headers=admin)).json()
        assert [(row["id"], row["changes_stored"]) for row in listed] == [(pen.replica_id, 1)]
        for _ in range(2):
            answer = await client.post(f"/api/v1/replicas/{pen.replica_id}/revoke", headers=admin)
            assert answer.status_code == 204
        problem_of(await client.post(PUSH, json={"changes": []}, headers=headers), 403, "replica_revoked")
        login = {"login": "chen", "password": "correct horse battery", "replica": {"id": pen.replica_id}}
        problem_of(await client.post("/api/v1/auth/login", json=login), 403, "replica_revoked")
    assert stored_changes(world) == 1


async def test_only_an_administrator_of_the_organisation_revokes(world: World) -> None:
    async with world.client() as client:
        pen, headers = await tablet(client, world)
        path = f"/api/v1/replicas/{pen.replica_id}/revoke"
        problem_of(await client.post(path, headers=headers), 403, "forbidden")
        manager = await log_in(client, "manager")
        problem_of(await client.post(path, headers=manager), 403, "forbidden")
        problem_of(await client.get("/api/v1/replicas", headers=manager), 403, "forbidden")
        admin = await log_in(client, "admin")
        problem_of(await client.post(f"/api/v1/replicas/{new_id()}/revoke", headers=admin), 404, "not_found")


async def test_a_retired_template_revision_refuses_only_what_was_captured_after(
    world: World, clock: SteppedClock
) -> None:
    table = table_of(TemplateRevision)
    with world.services.database.write() as connection:
        connection.execute(
            sa.update(table).where(table.c.id == world.templates[GROOMING.key]).values(retired_at=clock.now)
        )
    async with world.client() as client:
        pen, headers = await tablet(client, world)
        before, after = inspection(world, pen), inspection(world, pen)
        before["captured_at"] = "2026-11-20T11:59:00+08:00"
        after["captured_at"] = "2026-11-20T12:01:00+08:00"
        answer = await client.post(PUSH, json={"changes": [before, after]}, headers=headers)
    stored, refused = answer.json()["results"]
    assert stored["status"] == "stored"
    assert (refused["status"], refused["code"]) == ("refused", "retired_template_revision")


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"login": "chen"}, "invalid_field", "/password"),
        ({"login": "chen", "password": 7}, "invalid_field", "/password"),
        ({"login": "chen", "password": "x", "colour": 1}, "unknown_field", "/colour"),
        ({"login": "chen", "password": "x", "replica": {"id": "7"}}, "invalid_field", "/replica/id"),
    ],
)
async def test_a_log_in_that_is_none(world: World, body: dict[str, Any], code: str, path: str) -> None:
    async with world.client() as client:
        answer = await client.post("/api/v1/auth/login", json=body)
        problem_of(answer, 400, code, path)


@pytest.mark.parametrize("login", ["chen", "nobody"])
async def test_a_wrong_password_and_an_unknown_log_in_are_answered_alike(world: World, login: str) -> None:
    async with world.client() as client:
        answer = await client.post("/api/v1/auth/login", json={"login": login, "password": "wrong"})
        problem_of(answer, 401, "bad_login")


async def test_unknown_addresses_and_methods_are_problems_too(world: World) -> None:
    async with world.client() as client:
        problem_of(await client.get("/api/v1/nothing"), 404, "not_found")
        problem_of(await client.put(PUSH), 405, "method_not_allowed")


async def test_pages_log_in_without_a_replica_and_cannot_sync(world: World) -> None:
    async with world.client() as client:
        headers = await log_in(client, "chen")
        answer = await client.post(PUSH, json={"changes": []}, headers=headers)
        problem_of(answer, 403, "forbidden", "/replica_id")


@pytest.mark.parametrize(
    ("member", "spoil"),
    [
        ("id", lambda text: text + "\n"),
        ("stamp", lambda text: text + "\n"),
        ("stamp", lambda text: "ffffffffffff-ffff-" + text[18:]),  # nothing greater could ever be written
    ],
)
async def test_ids_and_stamps_that_would_harm_later_are_refused(world: World, member: str, spoil: Any) -> None:
    async with world.client() as client:
        pen, headers = await tablet(client, world)
        change = inspection(world, pen)
        change[member] = spoil(change[member])
        (refused,) = (await client.post(PUSH, json={"changes": [change]}, headers=headers)).json()["results"]
    assert (refused["status"], refused["code"], refused["path"]) == ("refused", "invalid_field", f"/{member}")
