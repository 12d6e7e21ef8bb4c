"""Publishing weeks (SCORING §5): provisional on Monday 08:00 site time, final on Thursday 12:00, then corrections.

Any process may do it at any time, several at once: the key (employee, week, version) decides whose row stands, and
what is due follows from what is published already, so that downtime is caught up once.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.periods import Week
from checklists.scoring import stored
from checklists.scoring.week import WeekScore
from checklists.tables import PublishedWeek, Scorecard, table_of
from inspect_api.actions.minding import make_by_rule
from inspect_api.scorecards import collect
from inspect_api.scorecards.due import Due, Stage, due_weeks, everyone
from inspect_api.scorecards.live import Live, live_scores
from inspect_api.scorecards.reasons import derive, differing, read_facts
from inspect_api.scorecards.shapes import PublishedVersion, Reason, SiteRef
from inspect_api.scorecards.versions import is_final, is_superseded, newest, stored_scores, total_text
from inspect_api.services import Services
from sync.statements import insert_missing, upsert

OVERLAP = timedelta(minutes=5)
"""A push that was running while a week was looked at is stamped earlier than it is visible; it is looked at again."""
ROWS_AT_ONCE = 500
"""SQLite has one writer: tablets push between two portions of a large site."""

_published_week = table_of(PublishedWeek)
_scorecard = table_of(Scorecard)
_log = logging.getLogger(__name__)


def publish_due(services: Services) -> int:
    """Publish whatever is due now and return how many versions were made. Safe to run in many processes at once."""
    with services.database.read() as connection:
        due = due_weeks(connection, services.clock())
    made = 0
    for one in due:
        try:
            made += _publish(services, one)
        except Exception:  # one site's trouble must not keep the others waiting; it stays due and is tried again
            _log.exception("scorecards of site %s, week %s could not be published", one.site.id, one.week)
    return made


def recheck(services: Services, site_id: str, week: Week, employee_ids: frozenset[str] | None = None) -> int:
    """Compare everyone of a final week with what is published: for whoever changes the register of the past.

    ``employee_ids``: only these.
    """
    with services.database.read() as connection:
        site = collect.site_ref(connection, site_id)
        if site is None or week not in is_final(connection, site, [week]):
            return 0
    due = everyone(Stage.CORRECTION, site, week)
    if employee_ids is not None:
        # What arrived of the others is still to be looked at: no site counts as seen by this.
        due = due._replace(employee_ids=employee_ids, seen_at=frozenset())
    return _publish(services, due)


def _publish(services: Services, due: Due) -> int:
    now = services.clock()
    with services.database.read() as connection:
        rules = collect.rules_of(connection, due.site, due.week)
        live = live_scores(connection, due.site, due.week, due.employee_ids)
        rows = _rows(connection, due, live)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        with services.database.write() as connection:
            # As late as can be: a report lists the corrections published before it was planned, and must see them.
            at = services.clock()
            portion = [row | {"published_at": at} for row in rows[start : start + ROWS_AT_ONCE]]
            insert_missing(connection, _scorecard, portion)
    # Before the week is marked as done: after a crash in between it is due again, and so is this.
    scores = {key: one.score for key, one in live.items()}
    make_by_rule(services, due.site, due.week, scores, final=due.stage is not Stage.PROVISIONAL)
    with services.database.write() as connection:
        _mark(connection, due, msgspec.json.encode(rules).decode(), now)
    return len(rows)


def _rows(connection: sa.Connection, due: Due, live: dict[str, Live]) -> list[dict[str, Any]]:
    """The versions to insert, but for when they are published."""
    published = newest(connection, due.site, [due.week], due.employee_ids)
    before = {key: published[key, str(due.week)] for key in live if (key, str(due.week)) in published}
    numbers = {key: _next_version(due.stage, before.get(key), one.score) for key, one in live.items()}
    wanted = {key: number for key, number in numbers.items() if number is not None}
    moved = {key for key in wanted if key in before and is_superseded(before[key], live[key].score)}
    reasons = _reasons(connection, due.week, {key: live[key].score for key in moved}, before)
    return [_row(due.site, due.week, live[key], number, reasons.get(key, ())) for key, number in sorted(wanted.items())]


def _next_version(stage: Stage, published: PublishedVersion | None, score: WeekScore) -> int | None:
    """None when there is nothing to publish."""
    if stage is Stage.PROVISIONAL:
        return 0 if published is None else None
    if published is None or published.version == 0:
        return 1
    return published.version + 1 if is_superseded(published, score) else None


def _reasons(
    connection: sa.Connection, week: Week, moved: dict[str, WeekScore], before: dict[str, PublishedVersion]
) -> dict[str, tuple[Reason, ...]]:
    old = stored_scores(connection, week, {key: before[key].version for key in moved})
    facts = read_facts(connection, {one for key, score in moved.items() for one in differing(old[key], score)})
    return {key: derive(old[key], score, before[key].published_at, facts) for key, score in moved.items()}


def _row(site: SiteRef, week: Week, live: Live, version: int, reasons: Sequence[Reason]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "organisation_id": site.organisation_id,
        "site_id": site.id,
        "employee_id": live.entry.employee_id,
        "week": str(week),
        "version": version,
        "total": total_text(live.score),
        "grade": live.score.grade,
        "body": stored.to_json(live.score).decode(),
        "digest": live.score.digest,
        "reason": msgspec.json.encode(reasons).decode() if reasons else "",
    }


def _mark(connection: sa.Connection, due: Due, rules: str, now: datetime) -> None:
    row = {
        "site_id": due.site.id,
        "week": str(due.week),
        "organisation_id": due.site.organisation_id,
        "final": due.stage is not Stage.PROVISIONAL,
        "rules": rules,
        "checked_until": now - OVERLAP,
        "published_at": now,
    }
    if due.stage is Stage.PROVISIONAL:
        insert_missing(connection, _published_week, [row])
    elif due.stage is Stage.FINAL:
        upsert(connection, _published_week, [row], update=["final", "checked_until", "published_at"])
    else:
        connection.execute(
            _published_week.update()
            .where(_published_week.c.site_id.in_(sorted(due.seen_at)), _published_week.c.week == str(due.week))
            .values(checked_until=row["checked_until"])
        )
