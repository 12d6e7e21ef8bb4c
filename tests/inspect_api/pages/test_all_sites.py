"""All sites at a glance: whoever has several sees on one page which of them needs them today."""

from datetime import timedelta

import pytest

from checklists.periods import final_at
from inspect_api.pages import all_sites
from inspect_api.scorecards import kept
from inspect_api.scorecards.publication import publish_due
from tests.inspect_api.disputes.court import more_people
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.pages.test_pages import text_of
from tests.inspect_api.pages.test_sheets import csv_of
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import WEEK, ZONE
from tests.world import SteppedClock, World


@pytest.fixture
def monday(world: World, desk: Desk, clock: SteppedClock) -> World:
    """The worked week is final; the action that its red flag made is overdue since."""
    more_people(world)
    desk.send_all()
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    clock.forward(days=6)
    return world


async def test_each_site_has_its_week_in_one_line_and_in_the_file(monday: World, clock: SteppedClock) -> None:
    clock.now = final_at(WEEK, ZONE) - timedelta(hours=1)
    async with browser(monday, "admin") as client:
        assert (await client.get("/", follow_redirects=False)).headers["location"] == "/sites"
        page = (await client.get("/sites?lang=en")).text
        assert f'href="/sites/{monday.sites["lobby"]}/weeks/{WEEK}"' in page
        assert "云顶大堂 Wk 47 88.3" in text_of(page)
        rows = csv_of((await client.get("/sites/tables/sites.csv?lang=en")).content)
    lobby = dict(zip(rows[0], rows[1], strict=True))
    assert (lobby["Average total"], lobby["Red flags"], lobby["With an official score"]) == ("88.3", "1", "1")
    assert len(rows) == 3


async def test_what_waits_is_a_click_away_from_there_and_from_the_week(monday: World) -> None:
    late = f'href="/actions?show=late&amp;site={monday.sites["lobby"]}"'
    async with browser(monday, "admin") as client:
        assert late in (await client.get("/sites")).text
    async with browser(monday, "manager") as client:
        week = (await client.get(f"/sites/{monday.sites['lobby']}/weeks/{WEEK}?lang=en")).text
        assert late in week
        assert "Act today: 1 corrective action is overdue" in text_of(week)


async def test_large_sites_come_with_the_next_answer(monday: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_sites, "PATIENCE", -1)
    async with browser(monday, "admin") as client:
        first = await client.get("/sites?lang=en")
        assert first.headers["refresh"] == "2"
        assert "This page fills by itself." in text_of(first.text)
        monkeypatch.setattr(all_sites, "PATIENCE", 60)
        then = await client.get("/sites")
        assert "refresh" not in then.headers
        monkeypatch.setattr(kept, "MOST_ROWS", 1)  # more than can be kept: no numbers, and no end of asking for them
        assert "refresh" not in (await client.get("/sites")).headers
