"""What managers and employees read. The numbers are those of the worked example."""

import re
from datetime import date

import pytest

from checklists.periods import final_at, provisional_at
from checklists.tables import Employee, table_of
from inspect_api.scorecards.publication import publish_due
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_service import absence
from tests.worked_numbers import LATE_CHECK, LIU, WEEK, ZONE, grooming_check, site_time
from tests.world import SteppedClock, World


def text_of(html: str) -> str:
    """What a reader sees, with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_the_manager_sees_the_site_in_both_languages(world: World, desk: Desk) -> None:
    desk.send_all()
    address = f"/sites/{world.sites['lobby']}/weeks/2026-W47"
    async with browser(world, "manager") as client:
        chinese = text_of((await client.get(address)).text)
        english = text_of((await client.get(address, params={"lang": "en"})).text)
        remembered = text_of((await client.get(address)).text)
    assert "云顶大堂 2026年第47周（11月16日–11月22日） 进行中" in chinese
    assert "检查次数不足（1/3）" in chinese
    assert "Week 47, 2026 (16 Nov – 22 Nov) Running" in english
    assert "Workspace 5S" in english
    assert "not enough checks (1 of 3)" in english
    assert "88.3" in english
    assert "Not seen 1 at work, no check at all" in english
    assert remembered == english


async def test_an_employee_reads_their_own_scorecard_and_nobody_elses(world: World, desk: Desk) -> None:
    desk.send_all()
    own, other = (f"/employees/{world.employees[number]}/weeks/2026-W47" for number in ("lobby-1", "lobby-2"))
    async with browser(world, "employee") as client:
        page = text_of((await client.get(own, params={"lang": "en"})).text)
        refused = await client.get(other)
        site = await client.get(f"/sites/{world.sites['lobby']}/weeks/2026-W47")
    assert "88.3 8 checks, 3 supervisors" in page
    assert "Critical Radio" in page
    assert "not enough checks (1 of 3); not in the total" in page
    assert "Grooming = (3 × 89.7222… + 1 × 59) ÷ 4 = 82.0416…, shown as 82.0" in page
    assert (refused.status_code, site.status_code) == (403, 403)
    assert "text/html" in refused.headers["content-type"]


@pytest.mark.parametrize("login", ["chen", "manager"])
async def test_another_sites_scorecards_are_closed(world: World, login: str) -> None:
    async with browser(world, login) as client:
        for path in (f"/sites/{world.sites['tower']}", f"/employees/{world.employees['tower-1']}"):
            assert (await client.get(path)).status_code == 403


async def test_versions_are_told_with_their_reasons(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    clock.now = provisional_at(WEEK, ZONE)
    publish_due(world.services)
    clock.now = site_time(24, 9, 12)
    desk.send(LATE_CHECK)
    address = f"/employees/{world.employees['lobby-1']}/weeks/2026-W47?lang=en"
    async with browser(world, "manager") as client:
        between = text_of((await client.get(address)).text)
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    async with browser(world, "manager") as client:
        after = text_of((await client.get(address)).text)
    assert "Version 0 says 88.3. Since then something arrived or was changed" in between
    assert "89.4 9 checks, 3 supervisors" in between
    assert "88.3 → 89.4 Final" in after
    assert (
        "Late sync: Grooming (worked example) by Liu, captured Sun 22 Nov, 18:00, arrived Tue 24 Nov, 09:12." in after
    )


async def test_versions_are_compared_figure_by_figure(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    clock.now = provisional_at(WEEK, ZONE)
    publish_due(world.services)
    clock.now = site_time(24, 9, 12)
    desk.send(LATE_CHECK)
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    async with browser(world, "employee") as client:
        page = (await client.get(f"/employees/{world.employees['lobby-1']}/weeks/2026-W47?lang=en")).text
    table = text_of(page[page.index('<table class="plain-table compare">') :].partition("</table>")[0])
    assert table.startswith("What is compared Provisional Final Total 88.3 89.4 Grade B B Grooming 82.0 84.6")
    assert "Workspace 5S (77.8) (77.8) Checks 9 10 Supervisors 3 3 Red flags 1 1" in table
    assert page.count('<b class="moved">') == 3


async def test_a_conflict_shows_what_each_wrote_and_which_counts_meanwhile(world: World, desk: Desk) -> None:
    """Both kept and shown, to the manager and to the employee whom it is about."""
    desk.send_all()
    for supervisor, value, note, at in (
        ("chen", "fail", "工牌不见了", site_time(20, 15)),
        ("liu", "pass", None, site_time(20, 16)),
    ):
        fields = {"responses/worked_grooming.badge": {"value": value} | ({"note": note} if note else {})}
        desk.push(supervisor, desk.pen(supervisor).change(desk.sent["C"], fields, at, reason="看错了"))
    for login in ("manager", "employee"):
        async with browser(world, login) as client:
            page = text_of((await client.get(f"/employees/{world.employees['lobby-1']}/weeks/2026-W47?lang=en")).text)
        said = page[page.index("people who did not know of each other") :]
        assert said.index("Badge pass Liu") < said.index("counts for now") < said.index("fail: 工牌不见了 Chen")


async def test_a_link_to_a_check_unfolds_it(world: World, desk: Desk) -> None:
    desk.send_all()
    address = f"/employees/{world.employees['lobby-1']}/weeks/2026-W47"
    async with browser(world, "employee") as client:
        page = (await client.get(address)).text
        link = f'href="?check={desk.sent["A"]}#i-{desk.sent["A"]}"'
        assert link in page
        assert 'class="inspection" id="i-' in page
        assert not re.search(r'<details class="inspection"[^>]* open>', page)
        opened = (await client.get(f"{address}?check={desk.sent['A']}")).text
    assert re.findall(r'<details class="inspection" id="i-([^"]+)" open>', opened) == [desk.sent["A"]]


async def test_the_week_one_reads_is_the_last_one_until_it_is_final_and_the_next_has_begun(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    async def lead() -> str:
        async with browser(world, "manager") as client:
            answer = await client.get(f"/sites/{world.sites['lobby']}", follow_redirects=False)
        return str(answer.headers["location"]).rpartition("/")[2]

    clock.now = site_time(26, 12, 0)
    assert await lead() == "2026-W47"
    desk.send(grooming_check("K", LIU, site_time(25)))
    assert await lead() == "2026-W48"
    clock.now = site_time(26, 11, 59)
    assert await lead() == "2026-W47"


async def test_on_leave_is_no_zero(world: World, desk: Desk) -> None:
    absence(world, "lobby-1", WEEK.monday, WEEK.sunday)
    async with browser(world, "employee") as client:
        page = text_of((await client.get(f"/employees/{world.employees['lobby-1']}/weeks/2026-W47?lang=en")).text)
    assert "On leave or not rostered: no score, never 0." in page


async def test_names_from_the_register_are_shown_as_text(world: World, desk: Desk) -> None:
    employee = table_of(Employee)
    with world.services.database.write() as connection:
        connection.execute(employee.update().values(name="<script>alert(1)</script>", employed_from=date(2025, 1, 1)))
    desk.send_all()
    async with browser(world, "manager") as client:
        for path in (f"/sites/{world.sites['lobby']}", f"/employees/{world.employees['lobby-1']}"):
            html = (await client.get(path)).text
            assert "<script" not in html
            assert "&lt;script&gt;" in html


async def test_no_page_needs_anything_that_its_policy_forbids(world: World, desk: Desk) -> None:
    desk.send_all()
    paths = (
        f"/sites/{world.sites['lobby']}/weeks/2026-W47",
        f"/employees/{world.employees['lobby-1']}/weeks/2026-W47",
        "/sites",
        "/reports",
        "/quarantine",
        "/mails",
        "/nothing-here",
    )
    async with browser(world, "admin") as client:
        for path in paths:
            answer = await client.get(path)
            if path != "/nothing-here":
                assert answer.status_code == 200, path
                assert "default-src 'none'" in answer.headers["content-security-policy"]
                assert answer.headers["cache-control"] == "no-store"
            assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://", answer.text), path
        css = re.search(r'href="(/static/pages/pages\.css\?v=\w+)"', (await client.get("/sites")).text)
        assert css is not None
        assert (await client.get(css[1])).status_code == 200


@pytest.mark.parametrize("week", ["2026-W54", "latest", "2026-47"])
async def test_a_week_that_is_none_is_told_as_such(world: World, week: str) -> None:
    async with browser(world, "manager") as client:
        answer = await client.get(f"/sites/{world.sites['lobby']}/weeks/{week}?lang=en")
    assert answer.status_code == 400
    assert "A week looks like 2026-W47" in answer.text
