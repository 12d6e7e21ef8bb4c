"""The same thousand inspections, in any order and with any repeats, are the same scorecards and the same export."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checklists.ids import new_id
from checklists.scoring import stored
from checklists.tables import table_of
from inspect_api.directory import Directory
from inspect_api.exporting.writing import export_lines
from inspect_api.scorecards.live import live_scores
from inspect_api.scorecards.service import find_site
from sync.messages import PushRequest
from sync.push import push
from sync.pusher import Pusher, receive
from sync.tables import Replica
from tests.worked_numbers import GROOMING, POST_STANDING, TEMPLATES, WEEK, ZONE, site_time
from tests.world import Pen, SteppedClock, World, build_world, make_services

INSPECTIONS = 1_000
ORDERS = 20
PER_PUSH = 250
SUPERVISORS = ("chen", "liu", "wang")
PEOPLE = 40


class Written:
    """What three tablets wrote in a week: some inspections in two changes, some in conflict."""

    def __init__(self, world: World) -> None:
        chance = random.Random(47)
        self.pens = {login: Pen(world.sites["lobby"], new_id()) for login in SUPERVISORS}
        self.changes: list[tuple[str, dict[str, Any]]] = []
        for number in range(INSPECTIONS):
            self._inspect(world, number, chance)

    def _inspect(self, world: World, number: int, chance: random.Random) -> None:
        login = chance.choice(SUPERVISORS)
        at = site_time(16 + number % 6, 8 + number % 9, chance.randrange(60))
        employee = world.employees[f"lobby-{1 + number % PEOPLE}"]
        template = (GROOMING, POST_STANDING)[number % 2]
        answers = _answers(template.key, chance)
        change = self.pens[login].inspection(
            world.templates[template.key], answers, at, employee_id=employee, submitted=number % 5 > 0
        )
        self.changes.append((login, change))
        if number % 5 == 0:  # handed in with a change of its own
            more = self.pens[login].change(change["inspection_id"], {"inspection/submitted": True}, at)
            self.changes.append((login, more))
        if number % 7 == 0:  # two colleagues at the same item, neither knowing of the other
            for author in SUPERVISORS[:2]:
                item = "worked_grooming.hair" if template is GROOMING else "worked_post.posture"
                value = chance.choice(("pass", "fail")) if template is GROOMING else chance.randrange(3)
                fields = {f"responses/{item}": {"value": value}}
                other = self.pens[author].change(change["inspection_id"], fields, at, reason="看错了")
                self.changes.append((author, other))


def _answers(key: str, chance: random.Random) -> dict[str, Any]:
    if key == POST_STANDING.key:
        return {item.key: chance.choice((0, 0, 0, 1, 2)) for item in POST_STANDING.items()}
    answers: dict[str, Any] = {item.key: chance.choice(("pass", "pass", "pass", "fail")) for item in GROOMING.items()}
    return answers | {"worked_grooming.uniform": chance.choice(("full", "creased", "half", "none"))}


@pytest.fixture
def template_of_a_database(tmp_path: Path) -> Callable[[int], World]:
    """``copy(n)``: a database of its own with the very same people, from one that was made once."""
    clock = SteppedClock(site_time(22, 20))
    (tmp_path / "first").mkdir()
    first = make_services(tmp_path / "first", clock)
    world = build_world(first, TEMPLATES)
    with first.database.write() as connection, Directory(connection, world.organisation_id, clock()) as directory:
        for number in range(3, PEOPLE + 1):
            key = f"lobby-{number}"
            world.employees[key] = directory.put_employee(
                world.sites["lobby"], key, f"员工 {number}", WEEK.monday.replace(year=2025)
            )
    return lambda number: _copied(world, tmp_path, number, clock)


def _copied(world: World, folder: Path, number: int, clock: SteppedClock) -> World:
    own = folder / str(number)
    own.mkdir()
    source, target = (sqlite3.connect(where / "inspect.db") for where in (folder / "first", own))
    with closing(source), closing(target):
        source.backup(target)
    services = make_services(own, clock)
    return World(
        services,
        world.organisation_id,
        world.sites,
        world.posts,
        world.employees,
        world.workspaces,
        world.users,
        world.templates,
    )


def _enrol(world: World, week: Written) -> None:
    now = world.services.clock()
    rows = [
        {
            "id": pen.replica_id,
            "organisation_id": world.organisation_id,
            "user_id": world.users[login],
            "device_name": login,
            "app_version": "",
            "enrolled_at": now,
            "unsent": 0,
            "changes_stored": 0,
            "changes_refused": 0,
        }
        for login, pen in week.pens.items()
    ]
    with world.services.database.write() as connection:
        connection.execute(table_of(Replica).insert(), rows)


def _send(world: World, week: Written, order: random.Random) -> None:
    """In any order, each change at least once and some again; a push carries changes of one tablet."""
    sent = week.changes + order.sample(week.changes, len(week.changes) // 10)
    order.shuffle(sent)
    by_tablet: dict[str, list[dict[str, Any]]] = {}
    for login, change in sent:
        by_tablet.setdefault(login, []).append(change)
    pushes = [
        (login, changes[start : start + PER_PUSH])
        for login, changes in by_tablet.items()
        for start in range(0, len(changes), PER_PUSH)
    ]
    order.shuffle(pushes)
    for login, changes in pushes:
        pusher = Pusher(
            world.organisation_id,
            world.users[login],
            week.pens[login].replica_id,
            frozenset({world.sites["lobby"]}),
        )
        request = PushRequest([msgspec.Raw(msgspec.json.encode(change)) for change in changes])
        now = world.services.clock()
        with world.services.database.write() as connection:
            answer = push(connection, receive(pusher, request, now), now)
        assert {result.status for result in answer.results} <= {"stored", "duplicate"}


def _results(world: World) -> tuple[dict[str, bytes], bytes]:
    """Every scorecard of the week, and the whole export."""
    with world.services.database.read() as connection:
        site = find_site(connection, world.sites["lobby"])
        cards = {key: stored.to_json(live.score) for key, live in live_scores(connection, site, WEEK).items()}
        export = b"".join(export_lines(connection, site, [WEEK], world.services.clock()))
    return cards, export


def test_twenty_orders_of_a_thousand_inspections_give_the_same_bytes(
    template_of_a_database: Callable[[int], World],
) -> None:
    week: Written | None = None
    first: tuple[dict[str, bytes], bytes] | None = None
    for number in range(ORDERS):
        world = template_of_a_database(number)
        week = week or Written(world)
        _enrol(world, week)
        _send(world, week, random.Random(number))
        results = _results(world)
        world.services.database.dispose()
        first = first or results
        assert results[0] == first[0], f"scorecards of order {number}"
        assert results[1] == first[1], f"export of order {number}"
    assert first is not None
    totals = [msgspec.json.decode(card)["total"] for card in first[0].values()]
    assert len(set(totals)) > PEOPLE // 2
    assert str(ZONE) in first[1].decode()
