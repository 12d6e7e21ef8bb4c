"""How strict supervisors are beside each other, where two looked at the same subject in the same week (SCORING §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from checklists.periods import Week
from checklists.scoring.arithmetic import from_text
from checklists.scoring.counting import DuplicateDecision
from checklists.scoring.rules import ScoringRules
from checklists.scoring.severity import SeverityObservation, SupervisorPair, severity
from checklists.tables import Inspection, InspectionState, table_of
from checklists.template import Dimension
from inspect_api.scorecards.coverage import names_of
from inspect_api.scorecards.shapes import SiteRef

_inspection = table_of(Inspection)


@dataclass(frozen=True)
class Pair:
    """Two supervisors with their names; ``difference`` below 0: the first one is the stricter."""

    first_id: str
    second_id: str
    first: str
    second: str
    pairs: int
    agreeing: int
    difference: Fraction
    calibrate: bool

    @property
    def agreement(self) -> Fraction:
        """The share of pairs that agree, in hundredths."""
        return Fraction(100 * self.agreeing, self.pairs)


@dataclass(frozen=True)
class Severity:
    """``difference``: over all pairs of this supervisor, their points less the other's; below 0: stricter."""

    supervisor: str
    pairs: int
    difference: Fraction


def pairs_of(connection: sa.Connection, site: SiteRef, weeks: Sequence[Week], rules: ScoringRules) -> list[Pair]:
    """Every two supervisors with a subject in common, those furthest apart first."""
    found = severity(_observations(connection, site, weeks), rules)
    names = names_of(connection, {key for pair in found for key in (pair.first_id, pair.second_id)})
    pairs = [_named(pair, names) for pair in found]
    return sorted(pairs, key=lambda one: (not one.calibrate, -abs(one.difference), -one.pairs, one.first, one.second))


def severities(pairs: Sequence[Pair]) -> list[Severity]:
    """Each supervisor against everybody they share subjects with, the strictest first."""
    sums: dict[str, list[tuple[int, Fraction]]] = {}
    names: dict[str, str] = {}
    for pair in pairs:
        names |= {pair.first_id: pair.first, pair.second_id: pair.second}
        sums.setdefault(pair.first_id, []).append((pair.pairs, pair.pairs * pair.difference))
        sums.setdefault(pair.second_id, []).append((pair.pairs, -pair.pairs * pair.difference))
    found = []
    for key, shares in sums.items():
        count = sum(number for number, _ in shares)
        found.append(Severity(names[key], count, sum((total for _, total in shares), Fraction()) / count))
    return sorted(found, key=lambda one: (one.difference, one.supervisor))


def _named(pair: SupervisorPair, names: dict[str, str]) -> Pair:
    return Pair(
        first_id=pair.first_id,
        second_id=pair.second_id,
        first=names.get(pair.first_id, pair.first_id),
        second=names.get(pair.second_id, pair.second_id),
        pairs=pair.pairs,
        agreeing=pair.agreeing,
        difference=pair.difference,
        calibrate=pair.calibrate,
    )


def _observations(connection: sa.Connection, site: SiteRef, weeks: Sequence[Week]) -> list[SeverityObservation]:
    """Every complete inspection that no manager has put aside.

    One that still waits for a decision is one more look at the subject: it says as much of the supervisor.
    """
    statement = sa.select(
        _inspection.c.supervisor_id,
        sa.func.coalesce(_inspection.c.employee_id, _inspection.c.workspace_id).label("subject_id"),
        _inspection.c.week,
        _inspection.c.dimension,
        _inspection.c.score,
    ).where(
        _inspection.c.site_id == site.id,
        _inspection.c.week.in_([str(week) for week in weeks]),
        _inspection.c.state == InspectionState.COMPLETE,
        _inspection.c.score.is_not(None),
        sa.func.coalesce(_inspection.c.duplicate_decision, "") != DuplicateDecision.IGNORE,
        sa.func.coalesce(_inspection.c.low_coverage_accepted, sa.true()),
    )
    return [
        SeverityObservation(row.supervisor_id, row.subject_id, row.week, Dimension(row.dimension), from_text(row.score))
        for row in connection.execute(statement)
    ]
