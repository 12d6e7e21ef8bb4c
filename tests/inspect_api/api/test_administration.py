"""Rosters, templates and the quarantine over HTTP: for administrators, and only for their own organisation."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from litestar.testing import AsyncTestClient

from checklists.tables import Audit, Employee, table_of
from sync.tables import FeedRow
from tests.databases import both_databases
from tests.inspect_api.api.test_push_pull import clean_inspection, push
from tests.worked_numbers import GROOMING
from tests.world import Pen, World, build_world, log_in

database_kind = both_databases

ROSTER = "工号,姓名,场所,入职日期\n1001,王芳,lobby,2025-03-01\n1002,,lobby,2025-03-01\n".encode()
UNKNOWN = "01a20000-0000-7000-8000-000000000000"
YAML = (Path(__file__).parents[3] / "checklists/templates/grooming.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("way", ["body", "curl", "form"])
async def test_a_roster_comes_in_as_a_body_or_as_a_form(world: World, way: str) -> None:
    async with world.client() as client:
        admin = await log_in(client, "admin")
        if way == "form":
            files = {"file": ("roster.csv", ROSTER, "text/csv")}
            answer = await client.post("/api/v1/roster", files=files, headers=admin)
        else:
            kind = {"body": "text/csv", "curl": "application/x-www-form-urlencoded"}[way]
            answer = await client.post("/api/v1/roster", content=ROSTER, headers=admin | {"content-type": kind})
        again = await client.post("/api/v1/roster", content=ROSTER, headers=admin)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["employees"] == {"added": 1, "changed": 0, "unchanged": 0}
    assert told["problems"] == [{"row": 3, "column": "姓名", "zh": "不能为空", "en": "must not be empty"}]
    assert again.json()["changed"] is False


async def test_who_imported_is_in_the_audit(world: World) -> None:
    async with world.client() as client:
        await client.post("/api/v1/roster", content=ROSTER, headers=await log_in(client, "admin"))
    with world.services.database.read() as connection:
        audit = table_of(Audit)
        actor = connection.execute(sa.select(audit.c.actor_id).where(audit.c.action == "roster.import")).scalar()
    assert actor == world.users["admin"]


@pytest.mark.parametrize("login", ["chen", "manager", "employee"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/roster"),
        ("POST", "/api/v1/templates"),
        ("POST", f"/api/v1/templates/{UNKNOWN}/retire"),
        ("GET", f"/api/v1/templates/{UNKNOWN}/comparison"),
        ("GET", "/api/v1/quarantine"),
    ],
)
async def test_nobody_else_may(world: World, login: str, method: str, path: str) -> None:
    async with world.client() as client:
        headers = await log_in(client, login)
        answer = await client.request(method, path, content=ROSTER, headers=headers)
        unknown = await client.request(method, path, content=ROSTER)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert unknown.status_code == 401
    with world.services.database.read() as connection:
        numbers = connection.execute(sa.select(table_of(Employee).c.number)).scalars().all()
    assert "1001" not in numbers


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", {}, 422, "roster_invalid"),
        (b"a,b\n1,2\n", {}, 422, "roster_invalid"),
        (b"PK\x03\x04", {}, 422, "roster_invalid"),
        (b"--x--\r\n", {"content-type": "multipart/form-data; boundary=x"}, 400, "invalid_field"),
        (b"broken", {"content-type": "multipart/form-data; boundary=x"}, 400, None),
        (b"broken", {"content-type": "multipart/form-data"}, 400, None),
    ],
)
async def test_what_is_no_roster_is_refused_with_a_reason(
    world: World, content: bytes, headers: dict[str, str], status: int, code: str | None
) -> None:
    async with world.client() as client:
        answer = await client.post("/api/v1/roster", content=content, headers=await log_in(client, "admin") | headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert code is None or answer.json()["code"] == code


async def test_no_inspection_begins_with_a_retired_revision(world: World) -> None:
    async with world.client() as client:
        admin = await log_in(client, "admin")
        pen = Pen(world.sites["lobby"])
        chen = await log_in(client, "chen", pen.replica_id)
        await client.post(f"/api/v1/templates/{world.templates[GROOMING.key]}/retire", headers=admin)
        answer = await push(client, chen, clean_inspection(world, pen))
    assert answer["results"][0]["code"] == "retired_template_revision"


async def test_every_problem_of_a_template_is_told_at_once(world: World) -> None:
    broken = YAML.replace("dimension: grooming", "dimension: cooking", 1) + "nonsense: 1\n"
    async with world.client() as client:
        admin = await log_in(client, "admin")
        answers = [
            await client.post("/api/v1/templates", content=content, headers=admin)
            for content in (broken.encode(), b"\xff\xfe\x00", b"a: [", b"")
        ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "template_invalid"), answer.text
    assert {one["field"] for one in answers[0].json()["problems"]} >= {"dimension", "nonsense"}
    assert all(one["reason"] for one in answers[0].json()["problems"])


async def test_an_employee_reads_no_templates_and_nobody_those_of_others(world: World, services: Any) -> None:
    other = build_world(services, (GROOMING,), prefix="other-")
    foreign = other.templates[GROOMING.key]
    async with world.client() as client:
        admin, employee = await log_in(client, "admin"), await log_in(client, "employee")
        assert (await client.get("/api/v1/templates", headers=employee)).status_code == 403
        listed = (await client.get("/api/v1/templates", headers=admin)).json()
        assert foreign not in {one["id"] for one in listed}
        assert (await client.get(f"/api/v1/templates/{foreign}", headers=admin)).status_code == 404
        assert (await client.post(f"/api/v1/templates/{foreign}/retire", headers=admin)).status_code == 404
        assert (await client.get("/api/v1/templates/not-an-id", headers=admin)).status_code == 400
    with services.database.read() as connection:
        row = table_of(FeedRow)
        body = connection.execute(sa.select(row.c.body).where(row.c.object_id == foreign)).scalar_one()
    assert msgspec.json.decode(body)["retired_at"] is None


async def test_a_refused_change_is_readable_with_reason_body_who_and_when(world: World, services: Any) -> None:
    other = build_world(services, (GROOMING,), prefix="other-")
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        changes = [clean_inspection(world, pen) | {"site_id": world.sites["tower"]} for _ in range(3)]
        answer = await push(client, chen, *changes)
        assert {result["status"] for result in answer["results"]} == {"refused"}
        admin = await log_in(client, "admin")
        pages = await _all_pages(client, admin)
        assert await _all_pages(client, await log_in(client, "other-admin")) == []
        bad = await client.get("/api/v1/quarantine", params={"after": "0" * 64}, headers=admin)
    assert other.organisation_id != world.organisation_id
    assert {one["change_id"] for one in pages} == {change["id"] for change in changes}
    assert len(pages) == 3
    one = pages[0]
    assert (one["user_name"], one["device_name"]) == ("Chen", "tablet of chen")
    assert one["code"] == answer["results"][0]["code"]
    assert one["message"]
    assert msgspec.json.decode(one["body"])["id"] == one["change_id"]
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_cursor")


async def _all_pages(client: AsyncTestClient[Any], headers: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        parameters = {"limit": "2"} | ({"after": after} if after else {})
        page = (await client.get("/api/v1/quarantine", params=parameters, headers=headers)).json()
        found += page["refusals"]
        after = page["next"]
        if after is None:
            return found
