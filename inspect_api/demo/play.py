"""Plays the demonstration's week: three tablets go offline, fill their checklists, and come back over a bad line."""

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
from msgspec import Struct

from checklists.periods import Week
from checklists.responses import FAIL, PASS
from inspect_api.demo import people
from inspect_api.demo.network import DroppingTransport
from inspect_api.demo.pictures import load_pictures
from inspect_api.demo.plan import visits
from inspect_api.demo.supervising import Supervisor
from sync.tablet.connection import Connection

_ROUNDS = 400
_SEED = 20261116

Progress = Callable[[str, int, int], None]
"""Told of every step: what is done, how many are done, of how many."""


class Played(Struct):
    """``lost``: requests and answers that the bad line swallowed; ``conflicts``: inspections with two versions."""

    inspections: int
    photos: int
    lost: int
    rounds: int


class DemonstrationStuck(Exception):
    """The tablets could not send everything; the text says what is left."""


def play(
    base_url: str,
    folder: Path,
    week: Week,
    real_clock: Callable[[], datetime],
    progress: Progress,
    *,
    most: int | None = None,
) -> Played:
    """Bring the week's inspections to the server. A start after a break, or after the end, goes on where it was.

    ``most``: at most so many inspections on each tablet, for an impatient reader.
    """
    pictures = load_pictures()
    tablets = [Supervisor(login, folder / login, real_clock, pictures) for login in people.SUPERVISORS]
    try:
        good_line = Connection(base_url)
        for place, supervisor in enumerate(tablets):
            progress("tablets", place, len(tablets))
            supervisor.tablet.log_in(good_line, supervisor.login, people.PASSWORD, f"平板 {place + 1}")
            supervisor.tablet.sync(good_line)
        progress("tablets", len(tablets), len(tablets))
        _share_one_inspection(tablets, week, good_line)
        good_line.close()
        made = _go_offline(tablets, week, progress, most)
        return _come_back(tablets, base_url, made, progress)
    finally:
        for supervisor in tablets:
            supervisor.tablet.close()


def _share_one_inspection(tablets: list[Supervisor], week: Week, line: Connection) -> None:
    """One inspection is on two tablets when both go offline, and each revises the same answer in its own way."""
    first, second, _ = tablets
    visit = visits(week, first.login)[0]
    inspection = first.visit(visit)
    first.tablet.sync(line)
    second.tablet.sync(line)
    key = first.passed_item(inspection)
    if not first.has_revised(inspection):
        first.tablet.revise(inspection, key, PASS, reason="复核：符合要求")
    if not second.has_revised(inspection):
        second.tablet.revise(inspection, key, FAIL, "鞋面有灰", reason="复核：当时不符合")


def _go_offline(tablets: list[Supervisor], week: Week, progress: Progress, most: int | None) -> int:
    plans = {supervisor.login: visits(week, supervisor.login)[:most] for supervisor in tablets}
    total = sum(len(plan) for plan in plans.values())
    done = 0
    for supervisor in tablets:
        for visit in plans[supervisor.login]:
            supervisor.visit(visit)
            done += 1
            progress("inspections", done, total)
    return total


def _come_back(tablets: list[Supervisor], base_url: str, made: int, progress: Progress) -> Played:
    """In a random order, over a line that drops requests and answers, until nothing is left to send."""
    chance = random.Random(_SEED)  # noqa: S311 (a demonstration's bad luck, no secret)
    lines = [DroppingTransport(_SEED + place) for place in range(len(tablets))]
    clients = [httpx.Client(transport=line, timeout=60) for line in lines]
    total = _unsent(tablets)
    photos = sum(supervisor.tablet.unsent().photos for supervisor in tablets)
    waiting = list(range(len(tablets)))
    rounds = 0
    while waiting:
        rounds += 1
        if rounds > _ROUNDS:
            raise DemonstrationStuck(f"unsent after {_ROUNDS} rounds: {[tablets[place].login for place in waiting]}")
        place = chance.choice(waiting)
        report = tablets[place].tablet.sync(Connection(base_url, clients[place]))
        progress("sent", total - _unsent(tablets), total)
        if report.complete:
            waiting.remove(place)
    for client in clients:
        client.close()
    return Played(inspections=made, photos=photos, lost=sum(line.lost for line in lines), rounds=rounds)


def _unsent(tablets: list[Supervisor]) -> int:
    left = [supervisor.tablet.unsent() for supervisor in tablets]
    return sum(one.changes + one.photos for one in left)
