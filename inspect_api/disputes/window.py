"""What may be disputed, and until when (SCORING §5): any item below full marks, 7 days from its publication."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from checklists.scoring import stored
from checklists.tables import Scorecard, table_of
from inspect_api.scorecards.explain import Explained
from inspect_api.scorecards.shapes import EmployeeWeek

_scorecard = table_of(Scorecard)


def ends_of_time(connection: sa.Connection, row: EmployeeWeek, days: int) -> dict[str, datetime | None]:
    """Inspection id → until when it may be disputed, for those that count in the week and are published.

    Counted from the first final version that has the inspection as it is now: what arrived late, or was changed, gets
    its full time. None: only the provisional number is out, the time has not begun to run.
    """
    left_out = {out.inspection_id for dimension in row.score.dimensions for out in dimension.left_out}
    counted = {source.id: source.revision for source in row.score.sources if source.id not in left_out}
    found: dict[str, datetime | None] = {}
    versions = connection.execute(
        sa.select(_scorecard.c.version, _scorecard.c.published_at, _scorecard.c.body)
        .where(_scorecard.c.employee_id == row.employee_id, _scorecard.c.week == str(row.week))
        .order_by(_scorecard.c.version)
    ).all()
    for version in versions:
        for source in stored.from_json(version.body).sources:
            if counted.get(source.id) != source.revision:
                continue
            if version.version == 0:
                found.setdefault(source.id, None)
            elif found.get(source.id) is None:
                found[source.id] = version.published_at + timedelta(days=days)
    return found


def disputable(
    inspections: Iterable[Explained], ends: dict[str, datetime | None], now: datetime
) -> dict[tuple[str, str], datetime | None]:
    """(inspection, item) → until when, of the items below full marks whose time is not over."""
    return {
        (inspection.id, lost.item.key): ends[inspection.id]
        for inspection in inspections
        if inspection.id in ends and _is_before(now, ends[inspection.id])
        for lost in inspection.lost
    }


def _is_before(now: datetime, end: datetime | None) -> bool:
    return end is None or now < end
