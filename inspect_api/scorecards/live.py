"""The score of every employee of a site as it stands now, from what is in the database."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from checklists.periods import Week
from checklists.scoring.week import WeekScore, score_week
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
    for employee_id, inspections in collect.inspections(connection, site, week, employee_ids):
        if employee_id in entries:
            score = score_week(week, inspections, rules, site.zone, standings[employee_id])
            found[employee_id] = Live(entries[employee_id], score)
    for employee_id in entries.keys() - found.keys():
        score = score_week(week, (), rules, site.zone, standings[employee_id])
        found[employee_id] = Live(entries[employee_id], score)
    return found
