"""The settings of an organisation: defaults, grades, and what is refused."""

from fractions import Fraction

import msgspec
import pytest

from checklists.scoring.rules import ScoringRules


def test_an_organisation_without_settings_has_the_published_rule_set() -> None:
    rules = msgspec.json.decode(b"{}", type=ScoringRules)
    assert (rules.version, rules.weights.grooming, rules.weights.post_standing, rules.weights.workspace_5s) == (
        1,
        30,
        40,
        30,
    )
    assert (rules.min_inspections, rules.min_supervisors, rules.min_days, rules.supervisor_cap) == (3, 2, 2, 3)
    assert rules.trend_weights == (4, 3, 2, 1)
    assert (rules.duplicate_window_minutes, rules.probation_days) == (10, 14)
    assert (rules.severity_pairs, rules.severity_points) == (10, 5)


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (Fraction(100), "A"),
        (Fraction(8995, 100), "A"),  # shown as 90.0
        (Fraction(8994, 100), "B"),
        (Fraction(80), "B"),
        (Fraction(7994, 100), "C"),
        (Fraction(70), "C"),
        (Fraction(60), "D"),
        (Fraction(5994, 100), "E"),
        (Fraction(0), "E"),
    ],
)
def test_the_grade_follows_from_the_displayed_score(score: Fraction, grade: str) -> None:
    assert ScoringRules().grade(score) == grade


@pytest.mark.parametrize(
    "settings",
    [
        {"weights": {"grooming": 0, "post_standing": 0, "workspace_5s": 0}},
        {"weights": {"grooming": -1}},
        {"grades": {"a": 80, "b": 80}},
        {"grades": {"a": 101}},
        {"trend_weights": [4, 3, 2]},
        {"min_days": 8},
        {"supervisor_cap": 0},
        {"version": 2},
        {"no_such_setting": 1},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(settings), type=ScoringRules)
