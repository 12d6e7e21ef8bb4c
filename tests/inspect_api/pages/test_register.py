"""The register of employees and the calendar of a site: entered on a page; scores follow, never silently."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from checklists.periods import final_at
from inspect_api.scorecards.publication import publish_due
from tests.databases import both_databases
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.pages.test_admin import follow
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import WEEK, ZONE
from tests.world import SteppedClock, World, log_in

database_kind = both_databases


async def versions(client: Any, world: World) -> list[dict[str, Any]]:
    path = f"/api/v1/employees/{world.employees['lobby-1']}/scorecards/{WEEK}/versions"
    return list((await client.get(path, headers=await log_in(client, "manager"))).json())


async def test_leave_in_a_final_week_is_a_correction_with_its_reason_and_can_be_taken_back(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    desk.send_all()
    desk.send_all("lobby-2")
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    clock.forward(days=1)
    path = f"/admin/employees/{world.employees['lobby-1']}"
    days = {"first_day": str(WEEK.monday), "last_day": str(WEEK.sunday)}
    async with browser(world, "admin") as client:
        before = await versions(client, world)
        page = await follow(client, path, step="away", **days, reason="年假")
        assert "年假" in page.text
        after = await versions(client, world)
        assert [one["version"] for one in after] == [one["version"] for one in before] + [2]
        assert (after[-1]["total"], after[-1]["reasons"][0]["cause"]) == (None, "roster")
        assert "不在岗至" not in (await client.get("/admin/employees")).text, "that leave is over"
        again = await follow(client, path, step="away", **days)
        [absence] = re.findall(r'name="absence_id" value="([0-9a-f-]{36})"', again.text)
        await follow(client, path, step="there", absence_id=absence)
        last = (await versions(client, world))[-1]
    assert (last["version"], last["total"]) == (3, before[-1]["total"])


async def test_looking_at_one_person_does_not_pass_over_what_arrived_of_others(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    """The entry of a leave compares one person; the late check of another is still to be found by the clock."""
    desk.send_all()
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    clock.forward(days=1)
    desk.send_all("lobby-2")
    clock.forward(days=1)
    days = {"first_day": str(WEEK.monday), "last_day": str(WEEK.sunday)}
    async with browser(world, "admin") as client:
        await follow(client, f"/admin/employees/{world.employees['lobby-1']}", step="away", **days)
    assert publish_due(world.services) >= 1
    with world.services.database.read() as connection:
        late = sa.text("SELECT max(version) FROM scorecard WHERE employee_id = :key AND total IS NOT NULL")
        assert connection.execute(late, {"key": world.employees["lobby-2"]}).scalar()


async def test_an_employee_is_added_moved_and_shown_as_away(world: World, clock: SteppedClock) -> None:
    form = {"number": "９００１", "name": "赵敏", "site_id": world.sites["lobby"], "employed_from": "2026-01-05"}
    today = clock.now.astimezone(ZONE).date()
    async with browser(world, "admin") as client:
        page = await follow(client, "/admin/employees", **form, post_id=world.posts["lobby"])
        assert "<h1>赵敏" in page.text
        path = str(page.url.path)
        taken = await client.post("/admin/employees", data=form | {"number": "lobby-1"})
        assert taken.status_code == 409
        listed = (await client.get("/admin/employees?name=9001")).text
        assert (listed.count("赵敏"), "王芳" in listed) == (1, False)
        elsewhere = form | {"step": "change", "site_id": world.sites["tower"]}
        wrong = await client.post(path, data=elsewhere | {"post_id": world.posts["lobby"]})
        assert wrong.status_code == 400
        await follow(client, path, **elsewhere, post_id=world.posts["tower"], employed_until="2027-01-31")
        await follow(client, path, step="away", first_day=str(today), last_day=str(today))
        tower = (await client.get(f"/admin/employees?site={world.sites['tower']}")).text
        assert "不在岗至" in tower
        assert "赵敏" in tower
        log = (await client.get("/admin/audit?action=absence")).text
        assert "absence.add" in log


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"number": ""}, "工号"),
        ({"name": "=1+1"}, "="),
        ({"employed_from": "yesterday"}, "日期"),
        ({"employed_until": "2020-01-01"}, "离职日期"),
        ({"email": "nobody"}, "邮箱"),
        ({"dress_variant": "kilt"}, "选项"),
        ({"site_id": "nowhere"}, "场所"),
    ],
)
async def test_what_cannot_be_is_told(world: World, change: dict[str, str], path: str) -> None:
    form = {"number": "9001", "name": "赵敏", "site_id": world.sites["lobby"], "employed_from": "2026-01-05"}
    async with browser(world, "admin") as client:
        answer = await client.post("/admin/employees", data=form | change)
        assert answer.status_code == 400
        assert path in answer.text or "不能为空" in answer.text
        assert "赵敏" not in (await client.get("/admin/employees")).text


async def test_days_of_leave_over_the_interface(world: World) -> None:
    path = f"/api/v1/employees/{world.employees['lobby-1']}/absences"
    async with world.client() as client:
        head = await log_in(client, "admin")
        body = {"first_day": "2026-12-07", "last_day": "2026-12-13"}
        made = [(await client.post(path, json=body, headers=head)).json()["id"] for _ in range(2)]
        assert made[0] == made[1]
        assert [one["id"] for one in (await client.get(path, headers=head)).json()] == made[:1]
        turned = await client.post(path, json={"first_day": "2026-12-13", "last_day": "2026-12-07"}, headers=head)
        assert (turned.status_code, turned.json()["path"]) == (400, "/last_day")
        assert (await client.delete(f"{path}/{made[0]}", headers=head)).status_code == 204
        assert (await client.delete(f"{path}/{made[0]}", headers=head)).status_code == 404


async def test_a_holiday_is_entered_on_the_sites_page(world: World) -> None:
    path = f"/admin/sites/{world.sites['lobby']}"
    async with browser(world, "admin") as client:
        page = await follow(client, path, step="day", day="2026-10-01", working="no", called="国庆节")
        assert "国庆节" in page.text
        head = await log_in(client, "manager")
        told = await client.get(f"/api/v1/sites/{world.sites['lobby']}/calendar", headers=head)
        assert told.json() == [{"day": "2026-10-01", "working": False, "name": "国庆节"}]
        assert (await client.post(path, data={"step": "day", "day": "soon"})).status_code == 400
        page = await follow(client, path, step="weekday", day="2026-10-01")
        assert "国庆节" not in page.text
