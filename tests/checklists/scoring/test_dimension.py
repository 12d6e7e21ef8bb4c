"""One employee, one week, one dimension: whose visits weigh what, and what does not count and why."""

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checklists.scoring import CountedInspection, DimensionScore, DuplicateDecision, ScoringRules, score_dimension
from checklists.template import Dimension
from tests.checklists.scoring.builders import RULES, all_counted, counted, points, unhurried, visit, weeks
from tests.worked_numbers import (
    CHECK_5S,
    CHECK_E_RADIO_IN_REPAIR,
    GROOMING_CHECKS,
    LATE_CHECK,
    POST_CHECKS,
    ZONE,
    site_time,
)

MONDAY = site_time(16)


def grooming(inspections: Iterable[CountedInspection], rules: ScoringRules = RULES) -> DimensionScore:
    return score_dimension(Dimension.GROOMING, inspections, rules, ZONE)


def left_out(score: DimensionScore) -> list[tuple[str, str]]:
    return [(entry.inspection_id, entry.reason.value) for entry in score.left_out]


def minutes(after: int) -> timedelta:
    return timedelta(minutes=after)


def test_grooming_of_the_worked_week() -> None:
    score = grooming(all_counted(GROOMING_CHECKS))
    assert score.score == (3 * Fraction(1615, 18) + 59) / 4
    assert (score.shown, score.official, score.grade) == ("82.0", True, "B")
    assert (score.inspections, len(score.supervisors), score.days) == (5, 2, 5)
    assert [(s.supervisor_id, s.inspections, s.effective) for s in score.supervisors] == [("chen", 4, 3), ("liu", 1, 1)]
    assert [(flag.inspection_id, flag.item) for flag in score.red_flags] == [("E", "worked_grooming.radio")]
    assert score.left_out == ()


def test_post_standing_of_the_worked_week() -> None:
    score = score_dimension(Dimension.POST_STANDING, all_counted(POST_CHECKS), RULES, ZONE)
    assert (score.score, score.shown, score.official) == (93, "93.0", True)


def test_one_workspace_check_is_shown_and_not_official() -> None:
    score = score_dimension(Dimension.WORKSPACE_5S, [counted(CHECK_5S)], RULES, ZONE)
    assert (score.shown, score.inspections, score.official, score.grade) == ("77.8", 1, False, None)
    assert score.shortfall == ("inspections", "supervisors", "days")


def test_a_late_check_counts_in_the_week_of_its_capture() -> None:
    score = grooming(all_counted([*GROOMING_CHECKS, LATE_CHECK]))
    assert (score.shown, score.inspections, score.days) == ("84.6", 6, 6)


def test_an_upheld_dispute_lifts_the_cap() -> None:
    score = grooming(all_counted([*GROOMING_CHECKS[:4], CHECK_E_RADIO_IN_REPAIR]))
    assert (score.shown, score.red_flags) == ("92.3", ())


def test_the_same_inspection_given_five_times_counts_once() -> None:
    checks = all_counted(GROOMING_CHECKS)
    assert grooming([*checks, *(checks[4],) * 4]) == grooming(checks)


def test_one_id_with_two_contents_is_the_callers_error() -> None:
    first = visit("a", "chen", MONDAY)
    with pytest.raises(ValueError, match="two contents"):
        grooming([first, replace(first, score=Fraction(1))])


def test_a_tenth_visit_does_not_outvote_a_colleague() -> None:
    ten = [visit(f"c{n}", "chen", MONDAY + timedelta(hours=n), 50) for n in range(10)]
    three = [visit(f"l{n}", "liu", MONDAY + timedelta(hours=n), 100) for n in range(3)]
    assert grooming([*ten, *three]).score == 75


@pytest.mark.parametrize(
    ("checks", "short"),
    [
        ([("a", "chen", 16), ("b", "liu", 17)], ["inspections"]),
        ([("a", "chen", 16), ("b", "chen", 17), ("c", "chen", 18)], ["supervisors"]),
        ([("a", "chen", 16), ("b", "liu", 16), ("c", "wang", 16)], ["days"]),
        ([("a", "chen", 16), ("b", "liu", 16), ("c", "chen", 17)], []),
    ],
)
def test_official_needs_three_inspections_two_supervisors_two_days(
    checks: list[tuple[str, str, int]], short: list[str]
) -> None:
    score = grooming(
        [visit(name, supervisor, site_time(day, 9 + n)) for n, (name, supervisor, day) in enumerate(checks)]
    )
    assert list(score.shortfall) == short
    assert score.official == (not short)
    assert (score.grade is None) == bool(short)
    assert score.shown == "80.0"


def test_what_is_official_is_a_setting() -> None:
    alone = [visit("a", "chen", MONDAY)]
    assert grooming(alone, ScoringRules(min_inspections=1, min_supervisors=1, min_days=1)).official


def test_days_are_those_of_the_site() -> None:
    # 07:00 and 09:00 on Tuesday in Shanghai are Monday and Tuesday in UTC: one day.
    score = grooming([visit("a", "chen", site_time(17, 7)), visit("b", "liu", site_time(17, 9))])
    assert score.days == 1


def test_without_inspections_there_is_no_score_and_not_zero() -> None:
    score = grooming([])
    assert (score.score, score.shown, score.official, score.grade) == (None, None, False, None)


def test_within_ten_minutes_the_first_counts_until_a_manager_decides() -> None:
    first, second = visit("a", "chen", MONDAY, 60), visit("b", "chen", MONDAY + minutes(10), 90)
    undecided = grooming([second, first])
    assert (undecided.counted, left_out(undecided)) == (("a",), [("b", "probable_duplicate")])
    both = grooming([first, replace(second, duplicate_decision=DuplicateDecision.COUNT)])
    assert (both.counted, left_out(both)) == (("a", "b"), [])
    ignored = grooming([first, replace(second, duplicate_decision=DuplicateDecision.IGNORE)])
    assert left_out(ignored) == [("b", "duplicate_ignored")]
    second_instead = grooming([replace(first, duplicate_decision=DuplicateDecision.IGNORE), second])
    assert (second_instead.counted, left_out(second_instead)) == (("b",), [("a", "duplicate_ignored")])


@pytest.mark.parametrize(
    "other",
    [
        {"captured_at": MONDAY + minutes(10) + timedelta(milliseconds=1)},
        {"supervisor_id": "liu"},
        {"template_key": "grooming_guards"},
        {"subject_id": "another workspace"},
    ],
)
def test_another_visit_is_no_duplicate(other: dict[str, object]) -> None:
    score = grooming([visit("a", "chen", MONDAY), replace(visit("b", "chen", MONDAY + minutes(5)), **other)])
    assert score.counted == ("a", "b")


def test_a_duplicate_is_measured_from_the_one_that_counts() -> None:
    score = grooming([visit(name, "chen", MONDAY + minutes(8 * n)) for n, name in enumerate("abc")])
    assert (score.counted, left_out(score)) == (("a", "c"), [("b", "probable_duplicate")])


def test_another_revision_of_the_template_is_still_the_same_template() -> None:
    score = grooming(
        [visit("a", "chen", MONDAY), visit("b", "chen", MONDAY + minutes(1), template_revision_id="grooming-2")]
    )
    assert left_out(score) == [("b", "probable_duplicate")]


def test_low_coverage_counts_only_after_a_manager_accepts_it() -> None:
    low = visit("a", "chen", MONDAY, low_coverage=True)
    assert left_out(grooming([low])) == [("a", "low_coverage")]
    assert left_out(grooming([replace(low, low_coverage_accepted=False)])) == [("a", "low_coverage_refused")]
    assert grooming([replace(low, low_coverage_accepted=True)]).counted == ("a",)


def test_a_check_repeated_because_the_first_covered_too_little_counts() -> None:
    low = visit("a", "chen", MONDAY, low_coverage=True)
    assert grooming([low, visit("b", "chen", MONDAY + minutes(5))]).counted == ("b",)


def test_a_disputed_inspection_keeps_counting_and_says_so() -> None:
    score = grooming([visit("a", "chen", MONDAY, under_review=True)])
    assert (score.counted, score.under_review) == (("a",), True)
    ignored = visit("a", "chen", MONDAY, under_review=True, duplicate_decision=DuplicateDecision.IGNORE)
    assert not grooming([ignored]).under_review


@unhurried
@given(weeks(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_replays_change_nothing(week: list[CountedInspection], random: Random) -> None:
    shuffled = [*week, *week[::2]]
    random.shuffle(shuffled)
    assert grooming(shuffled) == grooming(week)


@unhurried
@given(weeks())
def test_every_inspection_counts_or_has_a_reason_and_the_score_lies_between_theirs(
    week: list[CountedInspection],
) -> None:
    score = grooming(week)
    own = {inspection.id: inspection for inspection in week if inspection.dimension is Dimension.GROOMING}
    assert sorted([*score.counted, *(entry.inspection_id for entry in score.left_out)]) == sorted(own)
    counted_scores = [own[name].score for name in score.counted]
    if score.score is None:
        assert counted_scores == []
    else:
        assert 0 <= min(counted_scores) <= score.score <= max(counted_scores) <= 100


@unhurried
@given(weeks(), points, st.data())
def test_a_better_inspection_never_lowers_the_dimension(
    week: list[CountedInspection], better: Fraction, data: st.DataObject
) -> None:
    before = grooming(week)
    if before.score is None:
        return
    name = data.draw(st.sampled_from(before.counted))
    raised = [
        replace(inspection, score=max(better, inspection.score)) if inspection.id == name else inspection
        for inspection in week
    ]
    after = grooming(raised).score
    assert after is not None
    assert after >= before.score
