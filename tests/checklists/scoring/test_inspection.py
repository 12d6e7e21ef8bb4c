"""The score of one inspection: the worked checks, and what must never be taken for zero or for full marks."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checklists.responses import NOT_APPLICABLE, Response
from checklists.scoring.inspection import InspectionScore, compile_template, score_inspection
from checklists.template import Bilingual, Item, Measurement, Template
from tests.checklists.scoring.builders import changed, unhurried, without
from tests.worked_numbers import (
    CHECK_5S,
    CHECK_A,
    CHECK_B,
    CHECK_C,
    CHECK_D,
    CHECK_E,
    CHECK_E_RADIO_IN_REPAIR,
    GROOMING,
    LATE_CHECK,
    POST_CHECKS,
    POST_STANDING,
    TEMPLATES,
    WORKSPACE_5S,
    Check,
    post_check,
    site_time,
)

COMPILED = {template.key: compile_template(template) for template in TEMPLATES}
KEYS = {template.key: frozenset(item.key for item in template.items()) for template in TEMPLATES}


def scored(check: Check) -> InspectionScore:
    return score_inspection(COMPILED[check.template.key], check.responses, KEYS[check.template.key])


@pytest.mark.parametrize(
    ("check", "earned", "applicable", "score"),
    [
        (CHECK_A, 8, 9, Fraction(800, 9)),
        (CHECK_B, 9, 10, Fraction(90)),
        (CHECK_C, 10, 10, Fraction(100)),
        (CHECK_D, 8, 10, Fraction(80)),
        (CHECK_E_RADIO_IN_REPAIR, 8, 8, Fraction(100)),
        (LATE_CHECK, Fraction(19, 2), 10, Fraction(95)),
        (POST_CHECKS[0], 89, 100, Fraction(89)),
        (POST_CHECKS[1], 100, 100, Fraction(100)),
        (POST_CHECKS[2], 90, 100, Fraction(90)),
        (CHECK_5S, 7, 9, Fraction(2800, 36)),
    ],
    ids=lambda value: value.name if isinstance(value, Check) else "",
)
def test_the_worked_checks(check: Check, earned: Fraction, applicable: int, score: Fraction) -> None:
    result = scored(check)
    assert (result.earned, result.applicable, result.score) == (earned, applicable, score)
    assert (result.uncapped, result.capped, result.red_flags) == (score, False, ())
    assert not result.low_coverage


def test_a_failed_critical_item_caps_the_inspection_and_leaves_the_uncapped_score_visible() -> None:
    result = scored(CHECK_E)
    assert (result.score, result.uncapped, result.capped) == (59, 80, True)
    assert result.red_flags == ("worked_grooming.radio",)


def test_the_cap_never_lifts_a_score_and_is_set_by_the_template() -> None:
    poor = CHECK_E.responding(uniform="none", badge="fail", shoes="fail")
    assert (scored(poor).score, scored(poor).capped) == (40, False)
    assert scored(poor).red_flags == ("worked_grooming.radio",)
    strict = score_inspection(compile_template(replace(GROOMING, critical_cap=20)), poor.responses, KEYS[GROOMING.key])
    assert (strict.score, strict.uncapped, strict.capped) == (20, 40, True)


def test_unanswered_is_not_zero() -> None:
    result = scored(without(CHECK_C, "hair", "radio"))
    assert result.score is None
    assert result.uncapped is None
    assert result.unanswered == ("worked_grooming.hair", "worked_grooming.radio")
    assert result.red_flags == ()


def test_an_optional_item_without_a_response_leaves_both_sums() -> None:
    optional = compile_template(changed(GROOMING, "worked_grooming.belt", required=False))
    check = without(CHECK_A, "belt")
    result = score_inspection(optional, check.responses, KEYS[GROOMING.key])
    assert (result.score, result.applicable, result.unanswered) == (Fraction(800, 9), 9, ())
    assert (result.judged, result.to_judge) == (9, 10)


def test_an_item_that_does_not_apply_to_this_employee_is_not_looked_at() -> None:
    applies = KEYS[GROOMING.key] - {"worked_grooming.belt", "worked_grooming.radio"}
    result = score_inspection(COMPILED[GROOMING.key], CHECK_E.responses, list(applies))
    assert (result.score, result.red_flags, result.applicable, result.to_judge) == (100, (), 7, 7)


def test_responses_to_items_that_the_revision_does_not_have_change_nothing() -> None:
    extra = {**CHECK_A.responses, "worked_grooming.moustache": Response("fail")}
    applies = KEYS[GROOMING.key] | {"worked_grooming.moustache"}
    assert score_inspection(COMPILED[GROOMING.key], extra, applies) == scored(CHECK_A)


def test_nothing_judged_is_no_score_and_low_coverage() -> None:
    for template in (GROOMING, POST_STANDING):
        nothing = {item.key: Response(NOT_APPLICABLE, "设备检修") for item in template.items()}
        result = score_inspection(COMPILED[template.key], nothing, KEYS[template.key])
        assert (result.score, result.uncapped, result.applicable, result.low_coverage) == (None, None, 0, True)
        nobody = score_inspection(COMPILED[template.key], nothing, frozenset())
        assert (nobody.score, nobody.low_coverage) == (None, True)


def test_coverage_is_low_below_sixty_per_cent_of_the_weight_and_not_at_it() -> None:
    at_sixty = CHECK_C.responding(uniform=NOT_APPLICABLE, radio=NOT_APPLICABLE)
    assert scored(at_sixty).judged == 6
    assert not scored(at_sixty).low_coverage
    below = at_sixty.responding(belt=NOT_APPLICABLE)
    assert scored(below).low_coverage
    assert scored(below).score == 100


def test_coverage_of_a_deduction_template_counts_its_items() -> None:
    check = post_check("x", "liu", site_time(17)).responding(posture=NOT_APPLICABLE)
    assert not scored(check).low_coverage
    assert scored(check.responding(telephone=NOT_APPLICABLE)).low_coverage


def test_deductions_stop_at_the_cap_of_the_item_and_at_zero() -> None:
    check = post_check("x", "liu", site_time(17), posture=99, telephone=2)
    assert scored(check).score == 100 - 10 - 10
    assert scored(check.responding(absence=3)).score == 0
    assert scored(check).below_full == ("worked_post.posture", "worked_post.telephone")


@pytest.mark.parametrize(
    ("value", "score"),
    [("5", 0), ("5.0", 0), ("5.1", 100), ("7.25", 100), ("7.26", 0), ("-6", 0)],
)
def test_a_measurement_passes_inside_its_tolerance_ends_included(value: str, score: int) -> None:
    hair = Measurement(unit="cm", minimum="5.1", maximum="7.25")
    template = changed(GROOMING, "worked_grooming.hair", response=hair)
    result = score_inspection(
        compile_template(template), {"worked_grooming.hair": Response(value)}, {"worked_grooming.hair"}
    )
    assert result.score == score


@pytest.mark.parametrize(
    ("check", "name", "value"),
    [
        (CHECK_C, "hair", "maybe"),
        (CHECK_C, "hair", 1),
        (CHECK_C, "uniform", "pass"),
        (CHECK_5S, "c1", 5),
        (CHECK_5S, "c1", -1),
        (CHECK_5S, "c1", "4"),
        (POST_CHECKS[0], "posture", 100),
    ],
)
def test_a_response_that_the_item_does_not_know_is_reported_and_never_scored(
    check: Check, name: str, value: str | int
) -> None:
    result = scored(check.responding(**{name: value}))
    assert (result.score, result.invalid) == (None, (f"{check.template.key}.{name}",))


def test_a_measurement_that_is_no_number_is_reported() -> None:
    template = changed(GROOMING, "worked_grooming.hair", response=Measurement(unit="cm", maximum="7"))
    for value in ("long", "NaN", "", 6):
        responses = {**CHECK_C.responses, "worked_grooming.hair": Response(value)}
        result = score_inspection(compile_template(template), responses, KEYS[GROOMING.key])
        assert (result.score, result.invalid) == (None, ("worked_grooming.hair",))


def _answers(item: Item) -> st.SearchStrategy[str | int]:
    compiled = next(c for t in COMPILED.values() for c in t.items if c.key == item.key)
    return st.sampled_from([*compiled.points, NOT_APPLICABLE])


@st.composite
def checks(draw: st.DrawFn) -> tuple[Template, dict[str, Response]]:
    template = draw(st.sampled_from(TEMPLATES))
    responses = {item.key: Response(draw(_answers(item))) for item in template.items()}
    return template, responses


@unhurried
@given(checks())
def test_a_score_is_a_share_of_what_was_judged(check: tuple[Template, dict[str, Response]]) -> None:
    template, responses = check
    result = score_inspection(COMPILED[template.key], responses, KEYS[template.key])
    if result.score is None or result.uncapped is None:
        assert result.judged == 0
        return
    assert 0 <= result.score <= result.uncapped <= 100
    assert result.uncapped * result.applicable == 100 * result.earned
    assert bool(result.below_full) == (result.uncapped < 100)


@unhurried
@given(checks(), st.data())
def test_a_better_response_never_lowers_a_score(
    check: tuple[Template, dict[str, Response]], data: st.DataObject
) -> None:
    template, responses = check
    compiled = COMPILED[template.key]
    judged = [item for item in compiled.items if responses[item.key].value != NOT_APPLICABLE]
    if not judged:
        return
    item = data.draw(st.sampled_from(judged))
    gained = {value: -units if compiled.deduction else units for value, units in item.points.items()}
    now = gained[responses[item.key].value]
    better = data.draw(st.sampled_from([value for value, units in gained.items() if units >= now]))
    before = score_inspection(compiled, responses, KEYS[template.key]).score
    after = score_inspection(compiled, {**responses, item.key: Response(better)}, KEYS[template.key]).score
    assert before is not None
    assert after is not None
    assert after >= before


def test_thirds_and_quarters_in_one_template_stay_exact() -> None:
    three = WORKSPACE_5S.items()[0].response
    thirds = replace(three, max=3, levels=three.levels[:4])
    template = changed(WORKSPACE_5S, "worked_5s.c1", response=thirds, text=Bilingual(zh="三级", en="Thirds"))
    responses = {item.key: Response(1) for item in template.items()}
    result = score_inspection(compile_template(template), responses, KEYS[WORKSPACE_5S.key])
    assert result.score == 100 * (Fraction(1, 3) + 9 * Fraction(1, 4)) / 10
