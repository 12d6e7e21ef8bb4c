import pytest

from inspect_api.pages.overview import Overview, Show, Sort, overview
from inspect_api.scorecards import service
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_service import moved
from tests.worked_numbers import GROOMING_CHECKS, WEEK, grooming_check, site_time
from tests.world import World


@pytest.fixture
def busy(world: World, desk: Desk) -> World:
    """lobby-1: 88.3 with a red flag, 94.7 the week before; lobby-2: 94.7 and nothing before."""
    desk.send_all("lobby-1")
    good = (*GROOMING_CHECKS[:3], grooming_check("X", "liu", site_time(20, 9)))
    for check in good:
        desk.send(check, "lobby-2")
        desk.send(moved(check, 7), "lobby-1")
    return world


def view(world: World, show: Show = Show.ALL, sort: Sort = Sort.LOWEST, search: str = "") -> Overview:
    with world.services.database.read() as connection:
        found = service.site_week(connection, world.sites["lobby"], WEEK, world.services.clock())
    return overview(found, show, sort, search)


def numbers(found: Overview) -> list[str]:
    return [row.number for row in found.rows]


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        (Sort.LOWEST, "lobby-1"),
        (Sort.HIGHEST, "lobby-2"),
        (Sort.FLAGS, "lobby-1"),
        (Sort.CHECKS, "lobby-2"),
        (Sort.CHANGE, "lobby-1"),
    ],
)
def test_sorted_as_asked(busy: World, sort: Sort, first: str) -> None:
    assert numbers(view(busy, sort=sort))[0] == first


@pytest.mark.parametrize(
    ("show", "left"),
    [
        (Show.ALL, ["lobby-1", "lobby-2"]),
        (Show.FLAGS, ["lobby-1"]),
        (Show.WORSE, ["lobby-1"]),
        (Show.OFFICIAL, ["lobby-1", "lobby-2"]),
        (Show.UNOFFICIAL, []),
    ],
)
def test_shown_as_asked(busy: World, show: Show, left: list[str]) -> None:
    assert numbers(view(busy, show)) == left


@pytest.mark.parametrize(("search", "left"), [("王芳", ["lobby-1"]), (" LOBBY-2 ", ["lobby-2"]), ("nobody", [])])
def test_found_by_name_or_number(busy: World, search: str, left: list[str]) -> None:
    assert numbers(view(busy, search=search)) == left


def test_the_glance_counts_everyone_whatever_is_shown(busy: World) -> None:
    found = view(busy, Show.UNOFFICIAL, search="nobody")
    assert (found.at_work, found.graded, found.red_flags) == (2, 2, 1)
    assert [(str(grade), count) for grade, count in found.grades if count] == [("A", 1), ("B", 1)]
    assert found.average is not None
    assert 91 < found.average < 92
