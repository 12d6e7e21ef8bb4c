"""The lists of disputes and of corrective actions: what is shown first, who sees what, and the same as files."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.periods import final_at
from checklists.tables import CorrectiveAction, Role, table_of
from inspect_api.auth.principal import Principal
from inspect_api.disputes import deciding
from inspect_api.scorecards.publication import publish_due
from tests.inspect_api.disputes.court import HAIR, RADIO, more_people
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.pages.test_pages import text_of
from tests.inspect_api.pages.test_sheets import csv_of, plain, xlsx_of
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import WEEK, ZONE
from tests.world import SteppedClock, World

_action = table_of(CorrectiveAction)


@pytest.fixture
def filled(world: World, desk: Desk, clock: SteppedClock) -> World:
    """One dispute that waits and one that is answered; one action made by rule."""
    more_people(world)
    desk.send_all()
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    about = (world.organisation_id, "x", "zh")
    employee = Principal(world.users["employee"], *about, world.employees["lobby-1"], None, {})
    lobby = {Role.MANAGER: frozenset({world.sites["lobby"]})}
    manager = Principal(world.users["manager"], *about, None, None, lobby)
    deciding.open_dispute(world.services, employee, desk.sent["E"], RADIO, "=送修", None)
    other = deciding.open_dispute(world.services, employee, desk.sent["A"], HAIR, "没有头屑", None)
    deciding.answer(world.services, manager, other, deciding.Outcome.KEEP, "照片为证")
    return world


async def test_the_files_say_what_the_page_lists(filled: World) -> None:
    async with browser(filled, "manager") as client:
        for name, columns in (("disputes", 20), ("actions", 16)):
            for language in ("zh", "en"):
                rows = csv_of((await client.get(f"/{name}/tables/{name}.csv?lang={language}")).content)
                same = xlsx_of((await client.get(f"/{name}/tables/{name}.xlsx?lang={language}")).content)
                assert [[plain(one).split(" 00:00")[0] for one in row] for row in same] == [
                    [plain(one).removeprefix("'") for one in row] for row in rows
                ]
                assert len(rows[0]) == len(set(rows[0])) == columns
                assert len(rows) == {"disputes": 3, "actions": 2}[name]
        disputes = csv_of((await client.get("/disputes/tables/disputes.csv?lang=en")).content)
        waiting, answered = (dict(zip(disputes[0], row, strict=True)) for row in disputes[1:])
        wrong = [(await client.get(f"/disputes/tables/{one}")).status_code for one in ("actions.csv", "disputes.pdf")]
    assert (waiting["Item"], waiting["Result"], waiting["Objection"], waiting["Outcome"]) == (
        "Radio",
        "fail",
        "'=送修",
        "",
    )
    assert waiting["Due"] == "2026-12-01"
    assert (answered["Item"], answered["Outcome"], answered["Answer"], answered["Decided by"]) == (
        *("Hair", "Kept as it was", "照片为证", "Manager"),
    )
    assert wrong == [404, 404]


async def test_what_is_asked_for_is_shown_and_nothing_else(filled: World, clock: SteppedClock) -> None:
    async with browser(filled, "manager") as client:

        async def items(query: str) -> list[str]:
            page = text_of((await client.get(f"/disputes?lang=en&{query}")).text)
            return [one for one in ("Radio", "Hair", "Nothing matches.") if one in page]

        assert await items("") == ["Radio", "Hair"]
        assert await items("show=waiting") == ["Radio"]
        assert await items("show=done") == ["Hair"]
        assert await items("show=late") == ["Nothing matches."]
        clock.forward(days=10)
    async with browser(filled, "manager") as client:
        assert "Radio" in text_of((await client.get("/disputes?lang=en&show=late")).text)
        assert "Radio" in text_of((await client.get("/actions?lang=en&show=late")).text)
        assert "Nothing matches." in text_of((await client.get("/actions?lang=en&show=done")).text)
        assert (await client.get("/actions?show=some")).status_code == 400


async def test_each_sees_and_takes_along_their_own(filled: World) -> None:
    counts = {}
    for login in ("manager", "employee", "colleague", "towerboss", "admin"):
        async with browser(filled, login) as client:
            rows = [
                csv_of((await client.get(f"/{one}/tables/{one}.csv")).content)[1:] for one in ("disputes", "actions")
            ]
            counts[login] = tuple(map(len, rows))
    assert counts == {"manager": (2, 1), "employee": (2, 0), "colleague": (0, 0), "towerboss": (0, 0), "admin": (2, 1)}
    async with browser(filled, "towerboss") as client:
        assert (await client.get(f"/disputes?site={filled.sites['lobby']}")).status_code == 403
        rows = csv_of((await client.get(f"/actions/tables/actions.csv?site={filled.sites['lobby']}")).content)
        assert len(rows) == 1


async def test_years_of_what_is_done_are_turned_over_page_by_page(filled: World) -> None:
    with filled.services.database.write() as connection:
        (one,) = connection.execute(sa.select(_action)).mappings().all()
        old = [
            {**one, "id": new_id(), "origin_key": f"x{number}", "state": "closed"}
            | {"created_at": one["created_at"] - timedelta(days=number), "task": f"task {number:03d} done"}
            | {"origin": "manual"}
            for number in range(1, 121)
        ]
        connection.execute(_action.insert(), old)
    async with browser(filled, "manager") as client:
        first, last = [text_of((await client.get(f"/actions?lang=en&page={page}")).text) for page in (1, 9)]
        rows = csv_of((await client.get("/actions/tables/actions.csv")).content)
    assert "Page 1 of 3" in first
    assert first.index("To be mended") < first.index("task 001 done")
    assert "task 049 done" in first
    assert "task 050 done" not in first
    assert "Page 3 of 3" in last
    assert "task 120 done" in last
    assert len(rows) == 122
