"""Who may see and do what: every route × role × place, as ``rules.txt`` says.

A route without a rule fails; so does a rule without a route. ``python -m tests.inspect_api.access.test_access`` prints
the table as the application answers now, to be read before it is believed.
"""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inspect_api.app import create_app
from tests.inspect_api.access.asking import ROLES, Answers, as_text, ask_everything, places_of, routes
from tests.inspect_api.access.places import build_places
from tests.worked_numbers import TEMPLATES, ZONE
from tests.world import SteppedClock, World, build_world, make_services

RULES = Path(__file__).with_name("rules.txt")


def rules() -> Answers:
    """As the file has them. A line without a route belongs to the one above it."""
    found: Answers = {}
    route = ""
    for line in RULES.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#") or line.split() == list(ROLES):
            continue
        *name, place = line.split()[: -len(ROLES)]
        route = " ".join(name) or route
        found[route, place] = line.split()[-len(ROLES) :]
    return found


@pytest.fixture
def clock() -> SteppedClock:
    """Sunday 22 November 2026, 20:00 at the site."""
    return SteppedClock(datetime(2026, 11, 22, 20, 0, tzinfo=ZONE).astimezone(UTC))


def test_every_route_has_a_rule_for_every_place(world: World) -> None:
    wanted = {(f"{m} {path}", place) for m, path in routes(create_app(world.services)) for place in places_of(m, path)}
    assert sorted(wanted - rules().keys()) == [], "a route without a rule: decide, then add it to rules.txt"
    assert sorted(rules().keys() - wanted) == [], "a rule without a route"


async def test_everyone_is_answered_as_the_rules_say(world: World) -> None:
    answers = await ask_everything(world, build_places(world))
    said = rules()
    assert [
        f"{route} ({place}), {role}: {answer}, not {rule}"
        for (route, place), row in answers.items()
        for role, answer, rule in zip(ROLES, row, said.get((route, place), ["?"] * len(ROLES)), strict=True)
        if answer != rule
    ] == []


def test_nothing_of_another_organisation_is_there_for_anybody() -> None:
    """Of the rules themselves: whatever names another organisation's things is refused to every role."""
    # A tablet asks whether a photo is there before it sends one; of another organisation's it is told "missing".
    told_nothing = {"GET /api/v1/photos/{sha256}/status"}
    for (route, place), row in rules().items():
        if place == "organisation" and route not in told_nothing:
            assert set(row) <= {"401", "login", "403", "404"}, route


def test_a_stranger_is_let_in_nowhere_that_names_a_site() -> None:
    assert {row[0] for (_, place), row in rules().items() if place != "-"} <= {"401", "login", "403"}


async def _show() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        now = SteppedClock(datetime(2026, 11, 22, 20, 0, tzinfo=ZONE).astimezone(UTC))
        services = make_services(Path(folder), now)
        world = build_world(services, TEMPLATES)
        return as_text(await ask_everything(world, build_places(world)))


if __name__ == "__main__":
    print("\n".join(asyncio.run(_show())))  # noqa: T201 (its only purpose)
