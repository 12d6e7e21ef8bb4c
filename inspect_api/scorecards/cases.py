"""The inspections of a site's week that a manager has to decide about, or has decided about."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from checklists.scoring.counting import WhyNot
from checklists.tables import DecisionKind, Inspection, InspectionState, table_of
from inspect_api.auth.principal import Principal
from inspect_api.scorecards.decisions import Decision, decisions_of, may_decide
from inspect_api.scorecards.explain import Explained, explain_inspections
from inspect_api.scorecards.week_table import TableRow, WeekTable

_inspection = table_of(Inspection)

KIND_OF = {
    WhyNot.LOW_COVERAGE: DecisionKind.LOW_COVERAGE,
    WhyNot.LOW_COVERAGE_REFUSED: DecisionKind.LOW_COVERAGE,
    WhyNot.PROBABLE_DUPLICATE: DecisionKind.DUPLICATE,
    WhyNot.DUPLICATE_IGNORED: DecisionKind.DUPLICATE,
}
"""What is to be decided of an inspection that does not count for this reason."""


@dataclass(frozen=True)
class Case:
    """``waits``: nobody has decided yet. ``employees``: for whom it counts. ``mine``: whether the reader may decide."""

    inspection: Explained
    kind: DecisionKind
    waits: bool
    employees: tuple[TableRow, ...]
    decisions: tuple[Decision, ...]
    mine: bool

    @property
    def captured_at(self) -> datetime | None:
        return self.inspection.captured_at


def to_decide(connection: sa.Connection, user: Principal, table: WeekTable) -> list[Case]:
    """Those that wait first, each in the order of capture."""
    kinds = {key: KIND_OF[why] for key, why in table.waiting.items()}
    waiting = set(kinds)
    for decided in connection.execute(_decided(table)):
        kind = DecisionKind.DUPLICATE if decided.duplicate_decision is not None else DecisionKind.LOW_COVERAGE
        kinds.setdefault(decided.id, kind)
    people: dict[str, list[TableRow]] = {key: [] for key in kinds}
    for row in table.rows if kinds else ():
        for key in kinds.keys() & row.sources:
            people[key].append(row)
    explained = explain_inspections(connection, kinds)
    decisions = decisions_of(connection, list(kinds))
    cases = [
        Case(
            inspection=explained[key],
            kind=kind,
            waits=key in waiting,
            employees=tuple(people[key]),
            decisions=tuple(decisions.get(key, ())),
            mine=may_decide(connection, user, key),
        )
        for key, kind in kinds.items()
    ]
    return sorted(cases, key=lambda case: (not case.waits, case.captured_at, case.inspection.id))


def _decided(table: WeekTable) -> sa.Select[tuple[str, str | None]]:
    return sa.select(_inspection.c.id, _inspection.c.duplicate_decision).where(
        _inspection.c.site_id == table.site.id,
        _inspection.c.week == str(table.week),
        _inspection.c.state == InspectionState.COMPLETE,
        sa.or_(_inspection.c.low_coverage_accepted.is_not(None), _inspection.c.duplicate_decision.is_not(None)),
    )
