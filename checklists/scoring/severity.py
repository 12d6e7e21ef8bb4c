"""How far two supervisors' scores lie apart where both looked (SCORING §3): reported, never corrected."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations

from msgspec import Struct

from checklists.scoring.rules import ScoringRules
from checklists.template import Dimension


class SeverityObservation(Struct, frozen=True):
    """One counted inspection. ``subject_id``: the employee or the workspace that was looked at."""

    supervisor_id: str
    subject_id: str
    week: str
    dimension: Dimension
    score: Fraction


class SupervisorPair(Struct, frozen=True):
    """``pairs``: in how many (subject, week, dimension) both made inspections.

    ``difference``: mean over those of the first supervisor's mean minus the second's, in points; below 0 the first is
    the stricter. ``calibrate``: the report asks the two for a calibration session. ``agreeing``: in how many of the
    pairs the two means lie no further apart than that asks for.
    """

    first_id: str
    second_id: str
    pairs: int
    difference: Fraction
    calibrate: bool
    agreeing: int = 0


def severity(observations: Iterable[SeverityObservation], rules: ScoringRules) -> tuple[SupervisorPair, ...]:
    """Every two supervisors who share a subject in a week, by their ids; the order of the observations is irrelevant.

    Only scores of the same dimension are compared: 93 points for standing say nothing about 82 for grooming.
    """
    seen: dict[tuple[str, str, Dimension], dict[str, list[Fraction]]] = {}
    for observation in observations:
        by_supervisor = seen.setdefault((observation.subject_id, observation.week, observation.dimension), {})
        by_supervisor.setdefault(observation.supervisor_id, []).append(observation.score)
    differences: dict[tuple[str, str], list[Fraction]] = {}
    for by_supervisor in seen.values():
        means = {supervisor: _mean(scores) for supervisor, scores in by_supervisor.items()}
        for first, second in combinations(sorted(means), 2):
            differences.setdefault((first, second), []).append(means[first] - means[second])
    return tuple(
        SupervisorPair(
            first,
            second,
            len(found),
            _mean(found),
            _apart(found, rules),
            sum(abs(one) <= rules.severity_points for one in found),
        )
        for (first, second), found in sorted(differences.items())
    )


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction()) / len(values)


def _apart(differences: list[Fraction], rules: ScoringRules) -> bool:
    return len(differences) >= rules.severity_pairs and abs(_mean(differences)) > rules.severity_points
