"""Administrators' pages: what they decide is done, seen in the log, and closed to everybody else."""

import re
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from litestar.testing import AsyncTestClient

from checklists.periods import provisional_at
from checklists.tables import Role, table_of
from inspect_api.directory import Directory
from inspect_api.scorecards.publication import publish_due
from sync.quarantine import Refused, keep
from sync.tables import Quarantine
from tests.databases import both_databases
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import ALL_CHECKS, GROOMING, WEEK, ZONE, site_time
from tests.world import PASSWORD_HASH, SteppedClock, World, build_world, log_in

database_kind = both_databases
PAGES = (
    "/admin",
    "/admin/users",
    "/admin/sites",
    "/admin/roster",
    "/admin/templates",
    "/admin/scoring",
    "/admin/mail",
    "/admin/mail/preview",
    "/admin/audit",
    "/admin/privacy",
)


async def follow(client: AsyncTestClient[Any], path: str, **form: Any) -> Any:
    """Send a form; the page it leads to."""
    answer = await client.post(path, data=form, follow_redirects=False)
    if answer.status_code != 303:
        return answer
    return await client.get(answer.headers["location"])


def add_second_administrator(world: World) -> None:
    now = world.services.clock()
    with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as directory:
        world.users["second"] = directory.add_user("second", "Second", PASSWORD_HASH)
        directory.grant(world.users["second"], Role.ADMINISTRATOR)


async def test_every_page_opens_for_administrators_in_both_languages_and_for_nobody_else(
    world: World, desk: Desk
) -> None:
    desk.send_all()
    paths = [
        *PAGES,
        f"/admin/users/{world.users['chen']}",
        f"/admin/sites/{world.sites['lobby']}",
        f"/admin/templates/{world.templates[GROOMING.key]}",
    ]
    async with browser(world, "admin") as client:
        for path in paths:
            for language in ("zh", "en"):
                answer = await client.get(f"{path}?lang={language}")
                assert answer.status_code == 200, (path, answer.text)
    async with browser(world, "manager") as client:
        for path in paths:
            assert (await client.get(path)).status_code == 403, path


async def test_of_another_organisation_there_is_nothing(world: World) -> None:
    other = build_world(world.services, (GROOMING,), prefix="other-")
    foreign = (
        f"/admin/users/{other.users['chen']}",
        f"/admin/sites/{other.sites['lobby']}",
        f"/admin/templates/{other.templates[GROOMING.key]}",
        f"/admin/mail/preview?site={other.sites['lobby']}",
        f"/admin/mail/preview/html?site={other.sites['lobby']}&week={WEEK}",
        f"/employees/{other.employees['lobby-1']}/data.zip",
    )
    async with browser(world, "admin") as client:
        for path in foreign:
            assert (await client.get(path)).status_code == 404, path
        posts = (
            (f"/admin/users/{other.users['chen']}", {"step": "disable"}),
            (f"/admin/sites/{other.sites['lobby']}", {"step": "workspace", "code": "x", "name": "x"}),
            (f"/admin/templates/{other.templates[GROOMING.key]}", {"step": "retire"}),
            (f"/admin/privacy/{other.employees['lobby-1']}", {"number": "other-lobby-1"}),
            ("/admin/mail/preview", {"site": other.sites["lobby"], "week": str(WEEK)}),
        )
        for path, form in posts:
            assert (await client.post(path, data=form)).status_code == 404, path


async def test_a_new_user_sets_a_password_once_and_gets_in(world: World) -> None:
    async with browser(world, "admin") as client:
        shown = await client.post("/admin/users", data={"login": "neu", "name": "新督导", "language": "zh"})
        [link] = re.findall(r"/password/[\w-]+", shown.text)
        listed = (await client.get("/admin/users")).text
        [user_id] = re.findall(r'/admin/users/([0-9a-f-]{36})">新督导', listed)
        page = await follow(
            client, f"/admin/users/{user_id}", step="grant", role="supervisor", site_id=world.sites["lobby"]
        )
        assert "云顶大堂" in page.text
        again = await client.post("/admin/users", data={"login": "neu", "name": "x", "language": "zh"})
        assert again.status_code == 409
    async with world.client() as client:
        assert "新督导" in (await client.get(link)).text
        short = await client.post(link, data={"password": "short", "again": "short"})
        different = await client.post(link, data={"password": "long enough", "again": "another one"})
        assert (short.status_code, different.status_code) == (400, 400)
        assert (await client.get(link)).status_code == 200
        done = await client.post(link, data={"password": "long enough", "again": "long enough"}, follow_redirects=False)
        assert (done.status_code, done.headers["location"]) == (303, "/login")
        assert (await client.get(link)).status_code == 404
        assert (
            await client.post("/api/v1/auth/login", json={"login": "neu", "password": "long enough"})
        ).status_code == 200


async def test_who_is_disabled_is_out_at_once_and_nobody_disables_themselves(world: World) -> None:
    async with browser(world, "admin") as client, world.client() as other:
        head = await log_in(other, "chen", "01939f00-0000-7000-8000-00000000abcd")
        await follow(client, f"/admin/users/{world.users['chen']}", step="disable")
        assert (await other.get("/api/v1/auth/me", headers=head)).status_code == 401
        own = await client.post(f"/admin/users/{world.users['admin']}", data={"step": "disable"})
        assert own.status_code == 409
        await follow(client, f"/admin/users/{world.users['chen']}", step="enable")
        assert (await log_in(other, "chen"))["authorization"] != head["authorization"]
        log = (await client.get("/admin/audit?action=user.")).text
    assert "user.disable" in log
    assert "user.enable" in log


async def test_a_place_is_changed_and_its_zone_is_fixed_once_weeks_are_counted_in_it(world: World, desk: Desk) -> None:
    site = world.sites["lobby"]
    async with browser(world, "admin") as client:
        page = await follow(client, f"/admin/sites/{site}", step="workspace", code="back", name="后台工位")
        assert "后台工位" in page.text
        taken = await client.post(f"/admin/sites/{site}", data={"step": "workspace", "code": "back", "name": "x"})
        assert taken.status_code == 409
        pattern = r'name="workspace_id" value="([0-9a-f-]{36})">\s*<label>[^<]+<input name="name" value="后台'
        [workspace] = re.findall(pattern, page.text)
        page = await follow(
            client,
            f"/admin/sites/{site}",
            step="responsible",
            workspace_id=workspace,
            employee_id=world.employees["lobby-2"],
        )
        [responsibility] = re.findall(r'name="responsibility_id" value="([0-9a-f-]{36})"><span>李强', page.text)
        page = await follow(client, f"/admin/sites/{site}", step="end", responsibility_id=responsibility)
        assert responsibility not in page.text
        form = {"step": "site", "code": "lobby", "name": "云顶大堂", "zone": "Europe/Berlin"}
        assert "Europe/Berlin" in (await follow(client, f"/admin/sites/{site}", **form)).text
        await follow(client, f"/admin/sites/{site}", **(form | {"zone": "Asia/Shanghai"}))
        desk.send_all()
        assert (await client.post(f"/admin/sites/{site}", data=form)).status_code == 409


async def test_a_roster_is_checked_before_it_is_imported(world: World) -> None:
    content = "工号,姓名,场所,入职日期\n2001,赵敏,lobby,2026-01-05\n2002,,lobby,2026-01-05\n".encode()
    async with browser(world, "admin") as client:

        async def send(step: str) -> str:
            files = {"file": ("roster.csv", content, "text/csv")}
            return (await client.post("/admin/roster", data={"step": step}, files=files)).text

        checked = await send("check")
        assert "仅检查，未写入" in checked
        assert "姓名" in checked
        assert "赵敏" not in (await client.get(f"/admin/sites/{world.sites['lobby']}")).text
        assert "已导入" in await send("import")
        assert "赵敏" in (await client.get(f"/admin/sites/{world.sites['lobby']}")).text


async def test_a_draft_is_uploaded_compared_and_approved_by_another(world: World) -> None:
    add_second_administrator(world)
    good = msgspec.json.encode(msgspec.structs.replace(GROOMING, critical_cap=50))
    async with browser(world, "admin") as client:
        broken = await client.post(
            "/admin/templates", data={"note": ""}, files={"file": ("t.yaml", b"key: [\n", "text/yaml")}
        )
        assert broken.status_code == 422
        files = {"file": ("t.yaml", good, "text/yaml")}
        made = await client.post("/admin/templates", data={"note": "更严"}, files=files, follow_redirects=False)
        path = made.headers["location"]
        page = (await client.get(path)).text
        assert "须由另一位管理员批准" in page
        assert "<del>59</del> → <ins>50</ins>" in page
    async with browser(world, "second") as client:
        page = await follow(client, path, step="approve", in_force_from="2026-12-01")
        assert "起生效" in page.text


async def test_setting_the_rules_moves_no_published_figure(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    clock.now = provisional_at(WEEK, ZONE)
    publish_due(world.services)
    path = f"/api/v1/employees/{world.employees['lobby-1']}/scorecards/{WEEK}"
    async with browser(world, "admin") as client:
        head = await log_in(client, "manager")
        before = (await client.get(path, headers=head)).json()
        page = (await client.get("/admin/scoring")).text
        form = dict(re.findall(r'name="([\w.]+)" type="number" min="\d+" max="\d+" value="(\d+)"', page))
        wrong = await client.post("/admin/scoring", data=form | {"grades.a": "70", "reason": "x"})
        assert wrong.status_code == 400
        assert (await client.post("/admin/scoring", data=form | {"weights.grooming": "90"})).status_code == 400
        page = await follow(client, "/admin/scoring", **(form | {"weights.grooming": "90", "reason": "总部决定"}))
        assert "总部决定" in page.text
        assert 'name="weights.grooming" type="number" min="0" max="100" value="90"' in page.text
        after = (await client.get(path, headers=head)).json()
        log = (await client.get("/admin/audit?action=scoring.set")).text
    assert after == before
    assert "scoring.set" in log


async def test_a_refused_change_is_tried_again_once_its_reason_is_mended(world: World, desk: Desk) -> None:
    pen, check = desk.pen("zhao"), next(one for one in ALL_CHECKS if one.template is GROOMING)
    change = pen.inspection(
        world.templates[GROOMING.key],
        {key: msgspec.to_builtins(response) for key, response in check.responses.items()},
        site_time(18, 10),
        employee_id=world.employees["lobby-1"],
    )
    body = msgspec.json.encode(change)
    refused = Refused(change["id"], "foreign_site", "/site_id", "您不负责该场所 / not your site", body)
    with world.services.database.write() as connection:
        keep(connection, world.organisation_id, pen.replica_id, world.users["zhao"], [refused], site_time(18, 11))
        key = connection.execute(sa.select(table_of(Quarantine).c.id)).scalar_one()
    async with browser(world, "admin") as client:
        still = await client.post(f"/quarantine/{key}", data={"step": "retry"})
        assert still.status_code == 409
        kept = await follow(client, f"/quarantine/{key}", step="keep", note="先问清楚")
        assert "先问清楚" in kept.text
        await follow(
            client, f"/admin/users/{world.users['zhao']}", step="grant", role="supervisor", site_id=world.sites["lobby"]
        )
        taken = await follow(client, f"/quarantine/{key}", step="retry")
        assert "已收下" in taken.text
        assert (await client.post(f"/quarantine/{key}", data={"step": "retry"})).status_code == 409
    with world.services.database.read() as connection:
        stored = connection.execute(
            sa.text("SELECT state FROM inspection WHERE id = :id"), {"id": change["inspection_id"]}
        ).scalar_one()
    assert stored == "complete"


@pytest.mark.parametrize("query", ["since=yesterday", "before=nothing"])
async def test_the_log_says_what_is_wrong_with_a_filter(world: World, query: str) -> None:
    async with browser(world, "admin") as client:
        assert (await client.get(f"/admin/audit?{query}")).status_code == 400


async def test_the_log_is_filtered_by_who_what_and_when(world: World) -> None:
    async with browser(world, "admin") as client:
        await follow(client, f"/admin/users/{world.users['liu']}", step="disable")
        for query, found in (
            (f"actor={world.users['admin']}", True),
            (f"actor={world.users['chen']}", False),
            ("action=template", False),
            (f"thing={world.users['liu']}", True),
            ("since=2026-11-01", True),
            ("until=2026-11-01", False),
        ):
            page = (await client.get(f"/admin/audit?{query}")).text
            assert ("user.disable</code>" in page) is found, query
