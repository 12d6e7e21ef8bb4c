"""The week's total, grade, ranking and trend, on the worked numbers; and the form in which it is stored."""

import hashlib
import json
from datetime import date
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checklists.periods import Week
from checklists.scoring import (
    CountedInspection,
    DuplicateDecision,
    ScoringRules,
    Standing,
    WeekScore,
    display,
    from_json,
    on_probation,
    score_week,
    to_json,
    trend,
)
from checklists.scoring.rules import DimensionWeights
from checklists.template import Dimension
from tests.checklists.scoring.builders import RULES, all_counted, counted, points, unhurried, visit, weeks
from tests.worked_numbers import (
    ALL_CHECKS,
    CHECK_E,
    CHECK_E_RADIO_IN_REPAIR,
    LATE_CHECK,
    WEEK,
    ZONE,
    Check,
    site_time,
)

EMPLOYED = Standing(employed_from=date(2020, 1, 1))


def scored(
    inspections: list[CountedInspection] | tuple[CountedInspection, ...], standing: Standing = EMPLOYED
) -> WeekScore:
    return score_week(WEEK, inspections, RULES, ZONE, standing)


def worked(*more: Check) -> WeekScore:
    return scored(all_counted([*ALL_CHECKS, *more]))


def test_the_worked_week() -> None:
    score = worked()
    assert score.total == (30 * (3 * Fraction(1615, 18) + 59) / 4 + 40 * 93) / 70
    assert (score.shown, score.grade, score.ranked, score.not_ranked) == ("88.3", "B", True, ())
    assert (score.inspections, score.supervisors, score.red_flags) == (8, 3, 1)
    assert [dimension.shown for dimension in score.dimensions] == ["82.0", "93.0", "77.8"]
    assert [dimension.official for dimension in score.dimensions] == [True, True, False]
    assert score.dimension(Dimension.WORKSPACE_5S).inspections == 1


def test_only_checks_of_official_dimensions_are_behind_the_total() -> None:
    checks = [replace(check, supervisor_id="zhao") if check.id == "I" else check for check in all_counted(ALL_CHECKS)]
    assert (scored(checks).inspections, scored(checks).supervisors) == (8, 3)


def test_a_late_check_moves_the_week_from_provisional_to_final() -> None:
    assert worked(LATE_CHECK).shown == "89.4"


def test_an_upheld_dispute_moves_the_week() -> None:
    checks = [CHECK_E_RADIO_IN_REPAIR if check is CHECK_E else check for check in ALL_CHECKS]
    assert scored(all_counted(checks)).shown == "92.7"


def test_a_check_pushed_five_times_is_one_check() -> None:
    assert worked(*(CHECK_E,) * 4) == worked()


def test_the_grade_hangs_on_the_displayed_total() -> None:
    def total(score: Fraction) -> WeekScore:
        checks = [visit(name, name, site_time(day), score) for name, day in (("a", 16), ("b", 17), ("c", 18))]
        return scored(checks)

    assert (total(Fraction(8995, 100)).shown, total(Fraction(8995, 100)).grade) == ("90.0", "A")
    assert (total(Fraction(8994, 100)).shown, total(Fraction(8994, 100)).grade) == ("89.9", "B")
    assert total(Fraction(8625, 100)).shown == "86.3"


def test_weights_are_the_organisations() -> None:
    rules = ScoringRules(weights=DimensionWeights(grooming=50, post_standing=50, workspace_5s=0))
    score = score_week(WEEK, all_counted(ALL_CHECKS), rules, ZONE, EMPLOYED)
    assert score.total == ((3 * Fraction(1615, 18) + 59) / 4 + 93) / 2


def test_on_leave_is_no_score_and_never_zero() -> None:
    score = scored(all_counted(ALL_CHECKS), Standing(absent=True))
    assert (score.total, score.shown, score.grade, score.ranked) == (None, None, None, False)
    assert score.not_ranked == ("absent",)
    assert [dimension.score for dimension in score.dimensions] == [None, None, None]
    reasons = {entry.reason for dimension in score.dimensions for entry in dimension.left_out}
    assert reasons == {"absent"}
    assert len(score.sources) == 9


def test_too_few_checks_are_shown_and_neither_graded_nor_ranked() -> None:
    score = scored([visit("a", "chen", site_time(16))])
    assert (score.total, score.grade, score.not_ranked) == (None, None, ("no_official_dimension",))
    assert score.dimension(Dimension.GROOMING).shown == "80.0"


def test_the_first_fourteen_days_are_shown_and_not_ranked() -> None:
    score = scored(all_counted(ALL_CHECKS), Standing(employed_from=date(2026, 11, 4)))
    assert (score.shown, score.grade, score.not_ranked) == ("88.3", "B", ("probation",))
    # 3 November is day 1, so Monday the 16th is day 14; the day before, it is day 15.
    assert on_probation(date(2026, 11, 3), WEEK, RULES)
    assert not on_probation(date(2026, 11, 2), WEEK, RULES)
    assert not on_probation(None, WEEK, RULES)


def test_under_review_keeps_counting_and_is_not_ranked() -> None:
    checks = [replace(check, under_review=check.id == "E") for check in all_counted(ALL_CHECKS)]
    score = scored(checks)
    assert (score.shown, score.under_review, score.ranked, score.not_ranked) == ("88.3", True, False, ("under_review",))


def test_an_inspection_of_another_week_is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="2026-W48"):
        scored([visit("a", "chen", site_time(23, 0))])
    with pytest.raises(ValueError, match="2026-W48"):
        score_week(
            Week(2026, 47), [visit("a", "chen", site_time(22, 23))], RULES, ZoneInfo("Pacific/Auckland"), EMPLOYED
        )


def test_the_worked_trend() -> None:
    total = worked().total
    value = trend([total, Fraction(91), None, Fraction(84)], RULES)
    assert total is not None
    assert value is not None
    assert value == (4 * total + 3 * 91 + 1 * 84) / 8
    assert display(value) == "88.8"


def test_a_trend_without_totals_is_none_and_four_weeks_are_all() -> None:
    assert trend([None, None, None, None], RULES) is None
    assert trend([], RULES) is None
    assert trend([None, Fraction(90)], RULES) == 90
    with pytest.raises(ValueError, match="4 weeks"):
        trend([Fraction(1)] * 5, RULES)


@given(st.lists(st.none() | points, max_size=4))
def test_a_trend_lies_between_its_totals(totals: list[Fraction | None]) -> None:
    known = [total for total in totals if total is not None]
    value = trend(totals, RULES)
    assert (value is None) == (not known)
    assert value is None or min(known) <= value <= max(known)


@unhurried
@given(weeks(), st.randoms(use_true_random=False), st.booleans())
def test_equal_weeks_are_equal_bytes_whatever_the_order_of_arrival(
    week: list[CountedInspection], random: Random, absent: bool
) -> None:
    shuffled = [*week, *week[1:3]]
    random.shuffle(shuffled)
    standing = Standing(employed_from=date(2026, 11, 10), absent=absent)
    stored = to_json(scored(week, standing))
    assert to_json(scored(shuffled, standing)) == stored
    assert from_json(stored) == scored(week, standing)
    assert to_json(from_json(stored)) == stored


def test_the_stored_form_is_canonical_json_with_exact_fractions() -> None:
    stored = to_json(worked())
    content = msgspec.json.decode(stored)
    assert content["total"] == "4945/56"
    assert content["week"] == "2026-W47"
    assert content["dimensions"][1]["score"] == "93/1"
    assert content["rules"]["weights"] == {"grooming": 30, "post_standing": 40, "workspace_5s": 30}
    assert stored == msgspec.json.encode(content, order="sorted")
    for broken in (b"{}", stored.replace(b"4945/56", b"88.3"), stored.replace(b'"4945/56"', b"88.3")):
        with pytest.raises(msgspec.ValidationError):
            from_json(broken)


def test_the_digest_changes_with_everything_that_can_move_the_number() -> None:
    checks = all_counted(ALL_CHECKS)
    digests = {scored(checks).digest, scored(checks[1:]).digest}
    for change in (
        {"revision": "2"},
        {"template_revision_id": "worked_grooming-2"},
        {"low_coverage_accepted": True},
        {"duplicate_decision": DuplicateDecision.COUNT},
    ):
        digests.add(scored([replace(checks[0], **change), *checks[1:]]).digest)
    digests.add(score_week(WEEK, checks, ScoringRules(supervisor_cap=2), ZONE, EMPLOYED).digest)
    assert len(digests) == 7


def test_the_digest_can_be_recomputed_from_the_stored_score() -> None:
    content = json.loads(to_json(worked()))
    made_from = {
        "inspections": content["sources"],
        "rules": content["rules"],
        "template_revisions": content["template_revisions"],
    }
    canonical = json.dumps(made_from, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == content["digest"]
    assert [source["id"] for source in content["sources"]] == list("ABFEGCHDI")


def test_counting_is_by_capture_not_by_name() -> None:
    late, early = visit("a", "chen", site_time(16, 10, 5), 60), visit("z", "chen", site_time(16, 10), 90)
    assert scored([late, early]).dimension(Dimension.GROOMING).counted == ("z",)
    assert counted(CHECK_E).score == 59
