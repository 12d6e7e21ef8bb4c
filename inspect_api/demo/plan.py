"""Who inspects whom, when, and what they find: the same plan at every start, so that a second start repeats nothing."""

import random
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from checklists.periods import Week
from checklists.template import Dimension
from inspect_api.demo import people

_DAYS = 5


class Visit(Struct, frozen=True):
    """One inspection to make. ``subject``: an employee's number, or ``site/code`` of a workspace."""

    supervisor: str
    at: datetime
    dimension: Dimension
    subject: str
    care: float
    seed: int


def visits(week: Week, supervisor: str) -> list[Visit]:
    """What one supervisor does in the week, in the order of the day."""
    place = people.SUPERVISORS.index(supervisor)
    found: list[Visit] = []
    for number, person in enumerate(p for s in people.SITES for p in s.employees):
        if person.number in (people.ON_LEAVE, people.NEVER_SEEN):
            continue
        if person.number == people.SEEN_ONCE and place:
            continue
        for step, dimension in enumerate((Dimension.GROOMING, Dimension.POST_STANDING)):
            at = _at(week, (number + place + step) % _DAYS, 8 * 60 + 30 + 17 * number % 480 + 3 * step)
            found.append(Visit(supervisor, at, dimension, person.number, person.care, _seed(place, number, step)))
    for number, (site, (code, _)) in enumerate((s, w) for s in people.SITES for w in s.workspaces):
        at = _at(week, (number + 2 * place) % _DAYS, 15 * 60 + 11 * number % 120)
        care = 0.7 + 0.05 * (number % 6)
        found.append(
            Visit(supervisor, at, Dimension.WORKSPACE_5S, f"{site.code}/{code}", care, _seed(place, number, 9))
        )
    return sorted(found, key=lambda visit: (visit.at, visit.seed))


def _at(week: Week, day: int, minute: int) -> datetime:
    start = datetime.combine(week.monday + timedelta(days=day), time(), tzinfo=ZoneInfo(people.ZONE))
    return start + timedelta(minutes=minute)


def _seed(*parts: int) -> int:
    return random.Random(repr(parts)).getrandbits(32)  # noqa: S311 (a plan, no secret)
