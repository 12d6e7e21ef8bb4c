import pytest

from inspect_api.pages.overview import Show, Sort, paged, selected
from inspect_api.scorecards.kept import week_table
from inspect_api.scorecards.service import find_site
from inspect_api.scorecards.week_table import WeekTable
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_service import moved
from tests.worked_numbers import GROOMING_CHECKS, WEEK, grooming_check, post_check, site_time
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


def table(world: World) -> WeekTable:
    with world.services.database.read() as connection:
        return week_table(connection, find_site(connection, world.sites["lobby"]), WEEK)


def numbers(world: World, show: Show = Show.ALL, sort: Sort = Sort.LOWEST, search: str = "") -> list[str]:
    return [row.number for row in selected(table(world), show, sort, search)]


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
    assert numbers(busy, sort=sort)[0] == first


def test_sorted_by_a_dimension_whoever_lacks_it_comes_last(busy: World, desk: Desk) -> None:
    desk.send(post_check("worst", "liu", site_time(20, 11), posture=3, telephone=2), "lobby-2")
    assert numbers(busy) == ["lobby-1", "lobby-2"]
    assert numbers(busy, sort=Sort.POST_STANDING) == ["lobby-2", "lobby-1"]
    assert numbers(busy, sort=Sort.GROOMING) == ["lobby-1", "lobby-2"]
    assert numbers(busy, sort=Sort.WORKSPACE_5S) == ["lobby-1", "lobby-2"]


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
    assert numbers(busy, show) == left


@pytest.mark.parametrize(("search", "left"), [("王芳", ["lobby-1"]), (" LOBBY-2 ", ["lobby-2"]), ("nobody", [])])
def test_found_by_name_or_number(busy: World, search: str, left: list[str]) -> None:
    assert numbers(busy, search=search) == left


def test_the_glance_counts_everyone(busy: World) -> None:
    found = table(busy)
    assert (len(found.at_work), found.red_flags, [row.number for row in found.flagged]) == (2, 1, ["lobby-1"])
    assert [(str(grade), count) for grade, count in found.grades if count] == [("A", 1), ("B", 1)]
    assert found.average is not None
    assert 91 < found.average < 92


def test_a_page_past_the_end_is_the_last_one() -> None:
    pages = [paged(list(range(101)), number) for number in (1, 3, 9)]
    assert [(one.rows[0], one.number, one.pages, one.found) for one in pages] == [
        (0, 1, 3, 101),
        (100, 3, 3, 101),
        (100, 3, 3, 101),
    ]
    assert paged([], 1).pages == 1
