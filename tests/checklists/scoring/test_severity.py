"""Supervisor severity: who is compared with whom, and when a calibration session is asked for."""

from fractions import Fraction

import pytest

from checklists.scoring import ScoringRules, SeverityObservation, severity
from checklists.template import Dimension

RULES = ScoringRules()


def seen(
    supervisor: str,
    subject: str,
    score: Fraction | int,
    dimension: Dimension = Dimension.GROOMING,
    week: str = "2026-W47",
) -> SeverityObservation:
    return SeverityObservation(supervisor, subject, week, dimension, Fraction(score))


def apart(pairs: int, difference: Fraction) -> list[SeverityObservation]:
    return [
        observation
        for n in range(pairs)
        for observation in (seen("chen", f"e{n}", 80), seen("liu", f"e{n}", 80 + difference))
    ]


@pytest.mark.parametrize(
    ("pairs", "difference", "calibrate"),
    [
        (10, Fraction(51, 10), True),
        (10, Fraction(-51, 10), True),
        (10, Fraction(5), False),
        (9, Fraction(20), False),
        (11, Fraction(6), True),
    ],
)
def test_ten_pairs_and_more_than_five_points_ask_for_calibration(
    pairs: int, difference: Fraction, calibrate: bool
) -> None:
    (pair,) = severity(apart(pairs, difference), RULES)
    assert (pair.first_id, pair.second_id, pair.pairs) == ("chen", "liu", pairs)
    assert (pair.difference, pair.calibrate) == (-difference, calibrate)


def test_only_the_same_subject_week_and_dimension_are_compared() -> None:
    alone = [
        seen("chen", "e1", 50),
        seen("liu", "e2", 90),
        seen("liu", "e1", 90, Dimension.POST_STANDING),
        seen("liu", "e1", 90, week="2026-W46"),
    ]
    assert severity(alone, RULES) == ()


def test_a_supervisors_several_visits_to_one_subject_are_one_side_of_one_pair() -> None:
    (pair,) = severity([seen("chen", "e1", 60), seen("chen", "e1", 80), seen("liu", "e1", 90)], RULES)
    assert (pair.pairs, pair.difference) == (1, -20)


def test_three_supervisors_make_three_pairs_in_any_order() -> None:
    observations = [seen("wang", "e1", 70), seen("chen", "e1", 80), seen("liu", "e1", 90)]
    pairs = severity(observations, RULES)
    assert [(pair.first_id, pair.second_id, pair.difference) for pair in pairs] == [
        ("chen", "liu", -10),
        ("chen", "wang", 10),
        ("liu", "wang", 20),
    ]
    assert severity(reversed(observations), RULES) == pairs


def test_the_limits_are_settings() -> None:
    (pair,) = severity(apart(2, Fraction(3)), ScoringRules(severity_pairs=2, severity_points=2))
    assert pair.calibrate
