"""What the page prints for an employee who recomputes a score by hand."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from msgspec.structs import replace

from checklists.responses import NOT_APPLICABLE, Response
from checklists.scoring import (
    CountedInspection,
    Line,
    LineKind,
    NotRanked,
    Standing,
    WhyNot,
    explain_inspection,
    explain_trend,
    explain_week,
    score_week,
)
from checklists.scoring.lines import LANGUAGES, TEXTS
from checklists.template import Template
from tests.checklists.scoring.builders import RULES, all_counted, changed, unhurried, weeks, without
from tests.worked_numbers import (
    ALL_CHECKS,
    CHECK_5S,
    CHECK_A,
    CHECK_C,
    CHECK_E,
    GROOMING,
    POST_CHECKS,
    WEEK,
    ZONE,
    Check,
    post_check,
    site_time,
)

EMPLOYED = Standing(employed_from=date(2020, 1, 1))
NAMES = {"chen": "陈队", "liu": "刘队", "E": "周三 10:00"}


def of_check(check: Check, template: Template | None = None) -> list[Line]:
    keys = {item.key for item in check.template.items()}
    return explain_inspection(template or check.template, check.responses, keys)


def rendered(lines: Sequence[Line], language: str = "en") -> list[str]:
    return [line.render(language, NAMES) for line in lines]


def worked_week(standing: Standing = EMPLOYED, inspections: Sequence[CountedInspection] = ()) -> list[Line]:
    found = inspections or all_counted(ALL_CHECKS)
    return explain_week(score_week(WEEK, found, RULES, ZONE, standing), found, ZONE)


def test_a_weighted_inspection_line_by_line() -> None:
    assert rendered(of_check(CHECK_A)) == [
        "Uniform: complete and clean, weight 2 × 1 = 2",
        "Badge: pass, weight 1 × 1 = 1",
        "Hair: fail, weight 1 × 0 = 0",
        "Shoes: pass, weight 1 × 1 = 1",
        "Hands: pass, weight 1 × 1 = 1",
        "Belt: not applicable, leaves both sums (weight 1)",
        "Jewellery: pass, weight 1 × 1 = 1",
        "Radio: pass, weight 2 × 1 = 2",
        "Coverage: 9 of 10 (low below 60 %)",
        "Score = 100 × 8 ÷ 9 = 88.8888…, shown as 88.9",
    ]


def test_the_same_lines_in_chinese() -> None:
    lines = rendered(of_check(CHECK_E), "zh")
    assert lines[0] == "制服：整套整洁，权重 2 × 1 = 2"
    assert lines[-2:] == [
        "得分 = 100 × 8 ÷ 10 = 80，显示为 80.0",
        "★ 关键项未通过：对讲机。本次最高 59，由 80.0 降为 59.0",
    ]


def test_a_deduction_inspection_line_by_line() -> None:
    assert rendered(of_check(POST_CHECKS[0])) == [
        "Poor posture: seen 3 ×, 2 points each, at most 10: 6 off",
        "Telephone on post: seen 1 ×, 5 points each, at most 10: 5 off",
        "Off post: seen 0 ×, 40 points each, at most 100: 0 off",
        "Coverage: 3 of 3 (low below 60 %)",
        "Score = 100 − 11 = 89.0 (never below 0)",
    ]
    worst = post_check("x", "liu", site_time(17), posture=9, absence=9)
    assert rendered(of_check(worst))[-1] == "Score = 100 − 110 = 0.0 (never below 0)"


def test_a_rating_names_its_level_and_value() -> None:
    lines = rendered(of_check(CHECK_5S))
    assert lines[1] == "Criterion 2: 3 of 4, weight 1 × 0.75 = 0.75"
    assert lines[-1] == "Score = 100 × 7 ÷ 9 = 77.7777…, shown as 77.8"


def test_what_is_missing_is_said_in_place_of_a_score() -> None:
    optional = changed(GROOMING, "worked_grooming.belt", required=False)
    lines = of_check(without(CHECK_C, "hair", "belt").responding(badge="maybe"), optional)
    kinds = [line.kind for line in lines]
    assert kinds[1:3] == [LineKind.ITEM_INVALID, LineKind.ITEM_OPEN]
    assert kinds[5] == LineKind.ITEM_OPTIONAL_OPEN
    assert rendered(lines)[-1] == "No score: 2 required responses are missing or not valid"
    nothing = {item.key: Response(NOT_APPLICABLE, "停用") for item in GROOMING.items()}
    kinds = [line.kind for line in explain_inspection(GROOMING, nothing, set(nothing))]
    assert kinds[-2:] == [LineKind.COVERAGE_LOW, LineKind.NO_SCORE_NOTHING]


def test_a_cap_that_does_not_bite_and_items_for_others_are_explained() -> None:
    poor = CHECK_E.responding(uniform="none", badge="fail", shoes="fail")
    assert of_check(poor)[-1].kind is LineKind.CRITICAL_BELOW_CAP
    some = explain_inspection(GROOMING, CHECK_C.responses, {"worked_grooming.hair"})
    assert some[0].kind is LineKind.ITEM_OTHERS_ONLY


def test_the_worked_week_line_by_line() -> None:
    lines = rendered(worked_week())
    assert lines[:10] == [
        "Grooming",
        "Inspection A, 陈队, 2026-11-16: 88.8888…, shown as 88.9",
        "Inspection B, 陈队, 2026-11-17: 90, shown as 90.0",
        "Inspection 周三 10:00, 刘队, 2026-11-18: 59.0 (★ critical item failed, 80.0 before the cap)",
        "Inspection C, 陈队, 2026-11-19: 100, shown as 100.0",
        "Inspection D, 陈队, 2026-11-20: 80, shown as 80.0",
        "Mean of 陈队: (88.8888… + 90 + 100 + 80) ÷ 4 = 89.7222…, weighs min(4, 3) = 3",
        "Mean of 刘队: (59) ÷ 1 = 59, weighs min(1, 3) = 1",
        "Grooming = (3 × 89.7222… + 1 × 59) ÷ 4 = 82.0416…, shown as 82.0",
        "Official: checks 5, supervisors 2, days 5; grade B",
    ]
    assert "Not enough checks (1 of 3): not graded, not in the total" in lines
    assert lines[-5:-1] == [
        "Total = (30 × 82.0416… + 40 × 93) ÷ 70 = 88.3035…, shown as 88.3",
        "Behind the total: 8 checks, 3 supervisors",
        "Grade from the shown total 88.3: B (A ≥ 90, B ≥ 80, C ≥ 70, D ≥ 60, else E)",
        "Ranked",
    ]
    assert lines[-1].startswith(
        "Rules 1, 9 inspections, template revisions worked_5s-1, worked_grooming-1, worked_post-1"
    )


def test_the_total_line_carries_its_exact_fraction() -> None:
    (total,) = [line for line in worked_week() if line.kind is LineKind.TOTAL]
    assert (total.values["total"], total.values["total_shown"]) == ("4945/56", "88.3")


def test_why_nobody_is_ranked_is_said() -> None:
    lines = rendered(worked_week(Standing(employed_from=date(2026, 11, 10))))
    assert "Not ranked: in the first 14 days of employment" in lines
    absent = rendered(worked_week(Standing(absent=True)), "zh")
    assert "不排名：休假或未排班" in absent
    assert "检查 A 不计入：本周休假或未排班" in absent
    assert "没有总分" in absent
    review = rendered(worked_week(inspections=[replace(one, under_review=True) for one in all_counted(ALL_CHECKS)]))
    assert "Inspection A is under review and keeps counting" in review


def test_the_worked_trend_line_by_line() -> None:
    lines = rendered(explain_trend([Fraction(4945, 56), Fraction(91), None, Fraction(84)], RULES))
    assert lines == [
        "Week −0: 88.3035…, weight 4",
        "Week −1: 91, weight 3",
        "Week −2: no total, drops out",
        "Week −3: 84, weight 1",
        "Trend = (4 × 88.3035… + 3 × 91 + 1 × 84) ÷ 8 = 88.7767…, shown as 88.8",
    ]
    assert [line.kind for line in explain_trend([None], RULES)] == [LineKind.TREND_WEEK_NONE, LineKind.TREND_NONE]


@unhurried
@given(weeks())
def test_every_week_can_be_explained_in_both_languages(week: list[CountedInspection]) -> None:
    for line in worked_week(Standing(employed_from=date(2026, 11, 10)), week):
        for language in LANGUAGES:
            assert line.render(language)


def test_every_reason_has_its_line_and_every_line_its_two_texts() -> None:
    assert set(TEXTS) == set(LineKind)
    assert {f"left_out_{reason}" for reason in WhyNot} <= set(LineKind)
    assert {f"not_ranked_{reason}" for reason in NotRanked} <= set(LineKind)


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        Line(LineKind.RANKED, {}).render("fr")
