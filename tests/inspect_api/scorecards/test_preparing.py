"""A large site's week: nobody waits for it without being told, and after a start it is there already."""

import threading

import pytest

from inspect_api.pages import site_pages
from inspect_api.scorecards import kept, preparing, service
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.pages.test_pages import text_of
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import LATE_CHECK, WEEK
from tests.world import World


@pytest.fixture
def large(world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two employees count as many here."""
    desk.send_all()
    monkeypatch.setattr(kept, "LARGE", 2)
    return world


def page_of(world: World) -> str:
    return f"/sites/{world.sites['lobby']}/weeks/{WEEK}"


async def test_the_reader_is_told_and_the_page_opens_by_itself(large: World) -> None:
    async with browser(large, "manager") as client:
        first = await client.get(f"{page_of(large)}?lang=en")
        assert (first.status_code, first.headers["refresh"]) == (202, "2")
        assert "The week of 2 employees is being added up." in text_of(first.text)
        for thread in threading.enumerate():
            if thread.name == f"table {WEEK}":
                thread.join()
        then = await client.get(f"{page_of(large)}?lang=en")
        assert (then.status_code, "refresh" in then.headers) == (200, False)
        assert "88.3" in then.text


async def test_it_is_begun_once_however_many_ask_and_who_waits_is_told(
    large: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, made, real = threading.Event(), [], service.employee_weeks

    def slowly(*given):  # type: ignore[no-untyped-def]
        made.append(given)
        go_on.wait(30)
        return real(*given)

    monkeypatch.setattr(service, "employee_weeks", slowly)
    monkeypatch.setattr(site_pages.site_page, "__defaults__", (0.05,))  # patience
    async with browser(large, "manager") as client:
        answers = [(await client.get(page_of(large) + place)).status_code for place in ("", "?sort=name", "/coverage")]
        assert answers == [202, 202, 202]
        go_on.set()
        # A file is waited for: a page in its place would be saved as a spreadsheet.
        assert (await client.get(f"{page_of(large)}/tables/employees.csv")).text.count("lobby-") == 2
        assert (await client.get(page_of(large))).status_code == 200
    assert len(made) == 1


async def test_what_the_clock_has_prepared_opens_at_once_also_after_a_push(large: World, desk: Desk) -> None:
    assert preparing.prepare_large(large.services) == 2  # the lobby and the tower
    async with browser(large, "manager") as client:
        assert (await client.get(page_of(large))).status_code == 200
        desk.send(LATE_CHECK)
        again = await client.get(page_of(large))
        assert (again.status_code, "89.4" in again.text) == (200, True)


def test_a_small_site_is_not_prepared(world: World, desk: Desk) -> None:
    assert preparing.prepare_large(world.services) == 0
