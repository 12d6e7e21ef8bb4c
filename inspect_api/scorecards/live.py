"""The score of every employee of a site as it stands now, from what is in the database."""

from collections.abc import Collection
from contextlib import closing
from fractions import Fraction
from typing import NamedTuple

import sqlalchemy as sa

from checklists.periods import Week
from checklists.scoring.week import Standing, WeekScore, score_week
from inspect_api.scorecards import collect
from inspect_api.scorecards.collect import Entry
from inspect_api.scorecards.shapes import SiteRef


class Live(NamedTuple):
    entry: Entry
    score: WeekScore


def live_scores(
    connection: sa.Connection, site: SiteRef, week: Week, employee_ids: Collection[str] | None = None
) -> dict[str, Live]:
    """By employee id, everyone employed in the week; ``employee_ids``: only these of them."""
    rules = collect.rules_of(connection, site, week)
    entries = collect.roster(connection, site, week, employee_ids)
    standings = collect.standings(connection, site, week, entries)
    found: dict[str, Live] = {}
    with closing(collect.inspections(connection, site, week, employee_ids)) as inspected:
        for employee_id, inspections in inspected:
            if employee_id in entries:
                score = score_week(week, inspections, rules, site.zone, standings[employee_id])
                found[employee_id] = Live(entries[employee_id], score)
    # Nothing in a score says whose it is: whoever was not inspected shares one with all of the same standing.
    unseen: dict[Standing, WeekScore] = {}
    for employee_id in entries.keys() - found.keys():
        standing = standings[employee_id]
        if standing not in unseen:
            unseen[standing] = score_week(week, (), rules, site.zone, standing)
        found[employee_id] = Live(entries[employee_id], unseen[standing])
    return found


def live_totals(
    connection: sa.Connection, site: SiteRef, week: Week, employee_ids: Collection[str] | None = None
) -> dict[str, Fraction | None]:
    """By employee id, the total of everyone who was inspected in the week."""
    inspected = dict(collect.inspections(connection, site, week, employee_ids))
    if not inspected:
        return {}
    rules = collect.rules_of(connection, site, week)
    entries = collect.roster(connection, site, week, employee_ids)
    standings = collect.standings(connection, site, week, entries)
    return {
        employee_id: score_week(week, inspections, rules, site.zone, standings[employee_id]).total
        for employee_id, inspections in inspected.items()
        if employee_id in entries
    }
