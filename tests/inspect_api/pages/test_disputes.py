"""Disputes and corrective actions as people meet them: pages and forms, in both languages."""

import re
from typing import Any

import pytest

from checklists.periods import final_at
from inspect_api.photos.undeclared import undeclared_photos
from inspect_api.scorecards.publication import publish_due
from tests.inspect_api.disputes.court import RADIO, more_people
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.pages.test_pages import text_of
from tests.inspect_api.scorecards.desk import Desk
from tests.photo_fixtures import jpeg
from tests.worked_numbers import WEEK, ZONE
from tests.world import SteppedClock, World


@pytest.fixture
def published(world: World, desk: Desk, clock: SteppedClock) -> Desk:
    more_people(world)
    desk.send_all()
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    return desk


def week_page(world: World) -> str:
    return f"/employees/{world.employees['lobby-1']}/weeks/{WEEK}?lang=en"


async def send(client: Any, path: str, **more: Any) -> str:
    """Send a form; gives where it leads."""
    answer = await client.post(path, follow_redirects=False, **more)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def dispute(world: World, desk: Desk, **more: Any) -> str:
    async with browser(world, "employee") as client:
        form = {"inspection": desk.sent["E"], "item": RADIO, "reason": "在维修 <b>有单</b>"}
        return await send(client, "/disputes/new", data=form, **more)


async def test_from_the_lost_points_to_the_corrected_number(world: World, published: Desk, clock: SteppedClock) -> None:
    async with browser(world, "employee") as client:
        own = (await client.get(week_page(world))).text
        (link,) = re.findall(rf'href="(/disputes/new\?inspection={published.sent["E"]}&amp;item={RADIO})"', own)
        form = text_of((await client.get(link.replace("&amp;", "&"))).text)
    assert "Dispute: Radio" in form
    assert "answers within 3 working days" in form
    clock.forward(hours=1)
    address = await dispute(world, published)
    async with browser(world, "employee") as client:
        own = text_of((await client.get(week_page(world))).text)
        assert "Dispute, under review" in own
        assert "Under review: a dispute is open" in own
        assert "Your answer" not in text_of((await client.get(f"{address}?lang=en")).text)
    async with browser(world, "manager") as client:
        assert "王芳 lobby-1" in text_of((await client.get("/disputes?lang=en")).text)
        page = (await client.get(f"{address}?lang=en")).text
        assert "&lt;b&gt;有单" in page
        await send(client, address, data={"step": "answer", "outcome": "void", "reason": "查有维修单"})
    publish_due(world.services)
    async with browser(world, "employee") as client:
        after = text_of((await client.get(week_page(world))).text)
        assert "92.7 8 checks, 3 supervisors" in after
        assert "88.3 → 92.7 Corrected, version 2" in after
        cause = "Dispute upheld, item Radio, check: Grooming (worked example) by Liu, captured Wed 18 Nov, 10:00."
        assert cause in after
        chinese = text_of((await client.get(week_page(world).replace("=en", "=zh"))).text)
        assert "申诉成立：项目“对讲机”" in chinese
        await send(client, address, data={"step": "acknowledge"})
        read = text_of((await client.get(f"{address}?lang=en")).text)
        assert "You have read the answer" in read
        await send(client, address, data={"step": "appeal", "reason": "还有一处"})
        assert "Appeal, under review" in text_of((await client.get("/disputes?lang=en")).text)


async def test_a_photo_comes_with_the_form_and_is_seen_by_those_who_decide(
    world: World, published: Desk, clock: SteppedClock
) -> None:
    address = await dispute(world, published, files={"photo": ("ticket.jpg", jpeg(), "image/jpeg")})
    seen = {}
    for login in ("manager", "employee", "colleague", "chen"):
        async with browser(world, login) as client:
            page = (await client.get(address)).text
            found = re.findall(r"/api/v1/photos/([0-9a-f]{64})\?size=small", page)
            if found:
                photo = found[0]
            seen[login] = (await client.get(f"/api/v1/photos/{photo}?size=small")).status_code
    assert seen == {"manager": 200, "employee": 200, "colleague": 404, "chen": 404}
    clock.forward(days=60)
    assert undeclared_photos(world.services, world.organisation_id) == []


async def test_what_is_no_photo_is_refused_and_nothing_opened(world: World, published: Desk) -> None:
    async with browser(world, "employee") as client:
        form = {"inspection": published.sent["E"], "item": RADIO, "reason": "对讲机 <送修>"}
        answer = await client.post("/disputes/new", data=form, files={"photo": ("a.jpg", b"no picture", "image/jpeg")})
        assert answer.status_code == 422
        assert "对讲机 &lt;送修&gt;</textarea>" in answer.text  # what was written is still there, beside what is wrong
        assert 'role="alert"' in answer.text
        assert "没有申诉" in (await client.get("/disputes")).text


async def test_an_answer_that_lacks_something_is_shown_again_with_what_was_written(
    world: World, published: Desk
) -> None:
    async with browser(world, "employee") as client:
        form = {"inspection": published.sent["I"], "item": "worked_5s.c2", "reason": "已整理"}
        address = await send(client, "/disputes/new", data=form)
    async with browser(world, "manager") as client:
        page = (await client.get(address)).text
        assert re.findall(r'<option value="(\w*)"', page) == ["4"]  # it was 3, and an answer never takes points away
        form = {"step": "answer", "outcome": "change", "value": "", "reason": "查看了当天照片"}
        answer = await client.post(address, data=form)
        assert answer.status_code == 400
        assert 'role="alert">请给出新的结果' in answer.text
        assert 'value="change" checked' in answer.text
        assert "查看了当天照片</textarea>" in answer.text
        await send(client, address, data=form | {"value": "4"})


async def test_a_reviewer_who_may_not_is_told_why(world: World, published: Desk) -> None:
    address = await dispute(world, published)
    async with browser(world, "liu") as client:
        page = text_of((await client.get(f"{address}?lang=en")).text)
        refused = await client.post(address, data={"step": "answer", "outcome": "keep", "reason": "x"})
    assert "Whoever inspected cannot decide the dispute" in page
    assert refused.status_code == 403
    async with browser(world, "colleague") as client:
        assert (await client.get(address)).status_code == 404


async def test_an_action_from_a_lost_item_to_its_fix(world: World, published: Desk) -> None:
    new = f"/actions/new?inspection={published.sent['D']}&item=worked_grooming.badge&lang=en"
    async with browser(world, "manager") as client:
        assert new.replace("&lang=en", "").replace("&", "&amp;") in (await client.get(week_page(world))).text
        page = (await client.get(new)).text
        assert 'value="2026-12-01"' in page
        assert f'<option value="{world.users["manager"]}" selected>' in page  # theirs until they give it to somebody
        enough = {"inspection": published.sent["I"], "item": "worked_5s.c2"}  # below full marks, and no finding
        assert (await client.get("/actions/new", params=enough)).status_code == 404
        assert f"/actions/new?inspection={published.sent['I']}" not in (await client.get(week_page(world))).text
        plan = {"task": "补发工牌", "owner": world.users["chen"], "due_on": "2026-12-02", "priority": "high"}
        address = await send(
            client, "/actions/new", data={"inspection": published.sent["D"], "item": "worked_grooming.badge", **plan}
        )
        made = (await client.get(f"{address}?lang=en")).text
        check = published.sent["D"]
        week = f"/employees/{world.employees['lobby-1']}/weeks/{WEEK}?check={check}#i-{check}"
        assert f'href="{week}"' in made
        assert "What was found Check Grooming (worked example) Fri 20 Nov, 10:00 · Chen Result fail" in text_of(made)
        listed = text_of((await client.get("/actions?lang=en")).text)
        assert "补发工牌" in listed
        assert "Radio" in listed  # by rule
        await send(client, address, data={"step": "change", **plan, "priority": "low"})
    async with browser(world, "chen") as client:
        seen = (await client.get(f"{address}?lang=en")).text
        assert "Change the plan" not in seen
        assert "What was found" in seen
        assert week not in seen  # scorecards are not for supervisors
        fix = {"step": "fix", "note": "换了新的"}
        refused = await client.post(address, data=fix, files={"photo": ("a.jpg", b"no picture", "image/jpeg")})
        assert refused.status_code == 422
        assert "换了新的</textarea>" in refused.text
        await send(client, address, data=fix, files={"photo": ("fixed.jpg", jpeg(), "image/jpeg")})
        page = (await client.get(f"{address}?lang=en")).text
        assert "Mended, waits for an inspection" in page
        (photo,) = set(re.findall(r"/api/v1/photos/([0-9a-f]{64})\?size=small", page))
        assert (await client.get(f"/api/v1/photos/{photo}?size=small")).status_code == 200
    for login in ("towerboss", "colleague"):
        async with browser(world, login) as client:
            assert (await client.get(address)).status_code == 404
            assert "补发工牌" not in (await client.get("/actions")).text


@pytest.mark.parametrize("form", [{}, {"step": "burn"}, {"step": "answer", "outcome": "burn", "reason": "x"}])
async def test_a_form_that_is_none_of_ours(world: World, published: Desk, form: dict[str, str]) -> None:
    address = await dispute(world, published)
    async with browser(world, "manager") as client:
        assert (await client.post(address, data=form)).status_code == 400
