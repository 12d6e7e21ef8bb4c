"""Coverage, failed items, findings, agreement, decisions, tablets: what a manager reads there."""

import re
from datetime import timedelta

import pytest

from checklists.periods import final_at
from checklists.tables import table_of
from inspect_api.directory import Directory
from inspect_api.pages.site_pages import MOST_SITES
from inspect_api.scorecards.publication import publish_due
from sync.tables import Replica
from tests.databases import both_databases
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.pages.test_disputes import send
from tests.inspect_api.pages.test_pages import text_of
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_decisions import AGAIN
from tests.inspect_api.scorecards.test_service import moved
from tests.worked_numbers import ALL_CHECKS, GROOMING_CHECKS, WEEK, ZONE, grooming_check, site_time
from tests.world import SteppedClock, World

database_kind = both_databases


async def read(world: World, place: str, login: str = "manager", **query: str) -> str:
    async with browser(world, login) as client:
        path = f"/sites/{world.sites['lobby']}/weeks/{WEEK}{place}"
        answer = await client.get(path, params={"lang": "en", **query})
    assert answer.status_code == 200, answer.text
    return str(answer.text)


async def test_coverage_names_who_was_not_seen_and_by_whom_the_others_were(world: World, desk: Desk) -> None:
    desk.send_all()
    page = text_of(await read(world, "/coverage"))
    assert "nobody 1" in page
    assert "three or more 1" in page
    assert page.index("李强 lobby-2") < page.index("王芳 lobby-1")
    assert "Not seen" in page
    assert "Chen, Liu, Wang" in page
    assert "Chen 5 1 4 89.7 90.0 –" in page  # checks, subjects, days, and the means of grooming and standing


async def test_failed_items_are_counted_most_often_first(world: World, desk: Desk) -> None:
    desk.send_all()
    for check in GROOMING_CHECKS:
        desk.send(moved(check, 7))
    page = await read(world, "/items", checklist="worked_grooming")
    names = re.findall(r"<th scope=\"row\">.*?</th>", page)
    assert [text_of(name) for name in names] == ["★ Radio", "Badge", "Hair", "Shoes", "Uniform"]
    assert "1 / 5 · 20.0%" in text_of(page)
    four_weeks = text_of(await read(world, "/items", checklist="worked_grooming", weeks="4"))
    assert "2 / 10 · 20.0%" in four_weeks
    post = text_of(await read(world, "/items", checklist="worked_post"))
    assert "Telephone on post 2 / 3 · 66.7%" in post


async def test_findings_are_shown_with_their_notes_and_filtered_by_item(world: World, desk: Desk) -> None:
    desk.send_all()
    page = text_of(await read(world, "/findings"))
    assert "Critical Radio" in page
    assert "8 findings" in page
    one = text_of(await read(world, "/findings", item="worked_grooming.hair"))
    assert "1 finding " in one
    assert "Radio" not in one
    assert "Nothing failed." in await read(world, "/findings", photos="true")


async def test_agreement_asks_for_a_calibration_session(world: World, desk: Desk) -> None:
    """Ten subjects' weeks: Chen 100, Liu 90."""
    for number in range(10):
        for supervisor, answers in (("chen", {}), ("liu", {"uniform": "half"})):
            check = grooming_check(
                f"{number}{supervisor}", supervisor, site_time(16 + number // 5, 8 + number), **answers
            )
            desk.send(moved(check, 7 * (number // 2)), f"lobby-{1 + number % 2}")
    one_week = text_of(await read(world, "/supervisors", weeks="1"))
    assert "Chen · Liu 2 10.0 Liu is stricter 0 / 2 · 0.0% too few pairs to tell" in one_week
    page = text_of(await read(world, "/supervisors", weeks="8"))
    assert "Chen · Liu 10 10.0 Liu is stricter 0 / 10 · 0.0% Calibration session" in page
    assert "−10.0 stricter · 10 pairs" in page


async def test_a_duplicate_is_decided_on_the_page(world: World, desk: Desk) -> None:
    desk.send_all()
    again = desk.send(AGAIN)
    page = await read(world, "/decisions")
    assert "Probable duplicate waits for a manager" in text_of(page)
    assert "1 wait for a manager" in text_of(page)
    async with browser(world, "manager") as client:
        back = f"/sites/{world.sites['lobby']}/weeks/{WEEK}/decisions"
        form = {"kind": "duplicate", "counts": "yes", "reason": "不同班次", "back": back}
        assert await send(client, f"/inspections/{again}/decisions", data=form) == back
        elsewhere = form | {"back": "https://example.test/"}
        assert await send(client, f"/inspections/{again}/decisions", data=elsewhere) == "/"
        assert (await client.post(f"/inspections/{again}/decisions", data=form | {"counts": "?"})).status_code == 400
    after = text_of(await read(world, "/decisions"))
    assert "Counts : “不同班次”" in after or "Counts: 不同班次" in after
    own = f"/employees/{world.employees['lobby-1']}/weeks/{WEEK}?lang=en"
    async with browser(world, "employee") as client:
        page = text_of((await client.get(own)).text)
    assert "87.7" in page
    assert "不同班次" in page
    assert "Let it count" not in page


async def test_the_employee_marks_the_result_as_read(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    own = f"/employees/{world.employees['lobby-1']}/weeks/{WEEK}"
    async with browser(world, "manager") as client:
        assert "Not yet marked as read" in (await client.get(f"{own}?lang=en")).text
    async with browser(world, "employee") as client:
        assert "I have read this result" in (await client.get(f"{own}?lang=en")).text
        assert await send(client, f"{own}/receipts", data={"version": "1"}) == own
        assert "You have read it, Thu 26 Nov, 12:00" in (await client.get(f"{own}?lang=en")).text
        assert (await client.post(f"{own}/receipts", data={"version": "x"})).status_code == 400
    async with browser(world, "manager") as client:
        assert "Read by the employee, Thu 26 Nov, 12:00" in (await client.get(f"{own}?lang=en")).text


async def test_the_administrator_sees_what_tablets_hold_and_ends_a_lost_one(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    desk.send_all()
    replica = table_of(Replica)
    lost = desk.pen("liu").replica_id
    with world.services.database.write() as connection:
        held = {"unsent": 3, "oldest_unsent_at": clock() - timedelta(hours=80)}
        connection.execute(replica.update().where(replica.c.id == lost).values(**held))
    async with browser(world, "admin") as client:
        page = text_of((await client.get("/replicas?lang=en")).text)
        assert page.index("平板 liu") < page.index("平板 chen")
        assert "3 items not sent" in page
        assert "over 72 hours" in page
        assert await send(client, f"/replicas/{lost}/revoke") == "/replicas"
        page = text_of((await client.get("/replicas?lang=en")).text)
        assert page.index("平板 chen") < page.index("平板 liu")
        assert "Revoked" in page
    async with browser(world, "manager") as client:
        assert (await client.get("/replicas")).status_code == 403
        assert (await client.post(f"/replicas/{lost}/revoke")).status_code == 403


@pytest.mark.parametrize("place", ["", "/coverage", "/items", "/findings", "/supervisors", "/decisions"])
async def test_every_page_says_when_there_is_nothing(world: World, desk: Desk, place: str) -> None:
    assert "<h1>" in await read(world, place)


async def test_many_employees_come_in_pages(world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for check in ALL_CHECKS[:2]:
        desk.send(check)
    monkeypatch.setattr("inspect_api.pages.overview.paged.__defaults__", (1,))
    first = text_of(await read(world, "", page="1"))
    second = text_of(await read(world, "", page="2"))
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in second
    people = [page.partition("Checks")[2].partition("Page ")[0] for page in (first, second)]
    assert ["王芳" in text for text in people] == [True, False]
    assert ["李强" in text for text in people] == [False, True]


async def test_with_many_sites_a_page_leads_to_the_list_of_them_and_does_not_begin_with_all_names(world: World) -> None:
    now = world.services.clock()
    with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as directory:
        for number in range(2, MOST_SITES):
            directory.put_site(f"s{number}", f"场所 {number}", "Asia/Shanghai")
    few = await read(world, "/coverage", "admin")
    with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as directory:
        directory.put_site("one-more", "又一场所", "Asia/Shanghai")
    many = await read(world, "/coverage", "admin")
    crumbs = '<nav class="crumbs" aria-label="Sites">'
    assert few[few.index(crumbs) :].partition("</nav>")[0].count("<a ") == MOST_SITES
    assert many[many.index(crumbs) :].partition("</nav>")[0].count("<a ") == 1
