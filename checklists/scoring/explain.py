"""Every line of a week's computation, from single inspections to the grade and the trend.

Texts are in ``lines``; the numbers are those of the stored score, so that a page can explain an old version too.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from zoneinfo import ZoneInfo

from checklists.periods import local_day
from checklists.scoring.arithmetic import long_form
from checklists.scoring.counting import CountedInspection
from checklists.scoring.dimension import DimensionScore, Shortfall
from checklists.scoring.lines import Line, LineKind, Values, number
from checklists.scoring.rules import ScoringRules
from checklists.scoring.week import NotRanked, WeekScore, trend
from checklists.template import Dimension

DIMENSION_NAMES = {
    Dimension.GROOMING: ("仪容仪表", "Grooming"),
    Dimension.POST_STANDING: ("站岗与站姿", "Post-standing"),
    Dimension.WORKSPACE_5S: ("工位 5S", "Workspace 5S"),
}


def explain_week(score: WeekScore, inspections: Iterable[CountedInspection], zone: ZoneInfo) -> list[Line]:
    """The lines of ``score``; ``inspections`` are those it was made from, ``zone`` the site's.

    KeyError when an inspection that counted is not among them.
    """
    by_id = {inspection.id: inspection for inspection in inspections}
    lines: list[Line] = []
    for dimension in score.dimensions:
        lines += _dimension(dimension, by_id, score.rules, zone)
    lines += _total(score)
    lines += _ranking(score)
    source: Values = {
        "rules": score.rules.version,
        "inspections": len(score.sources),
        "templates": ", ".join(score.template_revisions) or "–",
        "digest": score.digest,
    }
    return [*lines, Line(LineKind.SOURCE, source)]


def explain_trend(totals: Sequence[Fraction | None], rules: ScoringRules) -> list[Line]:
    """The lines of ``trend`` over the same totals, this week first."""
    value = trend(totals, rules)
    lines = [
        Line(LineKind.TREND_WEEK_NONE, {"weeks_ago": age})
        if total is None
        else Line(LineKind.TREND_WEEK, {"weeks_ago": age, "weight": weight, **number("total", total)})
        for age, (weight, total) in enumerate(zip(rules.trend_weights, totals, strict=False))
    ]
    if value is None:
        return [*lines, Line(LineKind.TREND_NONE, {})]
    counted = [(weight, total) for weight, total in zip(rules.trend_weights, totals, strict=False) if total is not None]
    return [*lines, Line(LineKind.TREND, {**_weighted(counted), **number("trend", value)})]


def _dimension(
    score: DimensionScore, by_id: dict[str, CountedInspection], rules: ScoringRules, zone: ZoneInfo
) -> list[Line]:
    lines = [Line(LineKind.DIMENSION, _name(score.dimension))]
    counted = [by_id[inspection_id] for inspection_id in score.counted]
    for inspection in counted:
        lines += _inspection(inspection, zone)
    for left_out in score.left_out:
        about: Values = {"inspection": left_out.inspection_id, "minutes": rules.duplicate_window_minutes}
        lines.append(Line(LineKind(f"left_out_{left_out.reason}"), about))
    if score.score is None:
        return [*lines, Line(LineKind.DIMENSION_NONE, _name(score.dimension))]
    for share in score.supervisors:
        own = [inspection.score for inspection in counted if inspection.supervisor_id == share.supervisor_id]
        values: Values = {
            "supervisor": share.supervisor_id,
            "terms": " + ".join(long_form(value) for value in own),
            "inspections": share.inspections,
            "cap": rules.supervisor_cap,
            "effective": share.effective,
            **number("mean", share.mean),
        }
        lines.append(Line(LineKind.SUPERVISOR_MEAN, values))
    terms = _weighted([(share.effective, share.mean) for share in score.supervisors])
    sums: Values = {**_name(score.dimension), **terms, **number("score", score.score)}
    return [*lines, Line(LineKind.DIMENSION_SCORE, sums), *_standing(score, rules)]


def _inspection(inspection: CountedInspection, zone: ZoneInfo) -> list[Line]:
    values: Values = {
        "inspection": inspection.id,
        "supervisor": inspection.supervisor_id,
        "day": local_day(inspection.captured_at, zone).isoformat(),
        **number("score", inspection.score),
        **number("uncapped", inspection.uncapped),
    }
    capped = inspection.score != inspection.uncapped
    lines = [Line(LineKind.INSPECTION_CAPPED if capped else LineKind.INSPECTION, values)]
    if inspection.under_review:
        lines.append(Line(LineKind.INSPECTION_REVIEW, {"inspection": inspection.id}))
    return lines


def _standing(score: DimensionScore, rules: ScoringRules) -> list[Line]:
    """Official with its grade, or everything that is missing for it."""
    if score.grade is not None:
        values: Values = {
            "inspections": score.inspections,
            "supervisors": len(score.supervisors),
            "days": score.days,
            "grade": score.grade.value,
        }
        return [Line(LineKind.OFFICIAL, values)]
    found = {
        Shortfall.INSPECTIONS: (LineKind.SHORT_INSPECTIONS, score.inspections, rules.min_inspections),
        Shortfall.SUPERVISORS: (LineKind.SHORT_SUPERVISORS, len(score.supervisors), rules.min_supervisors),
        Shortfall.DAYS: (LineKind.SHORT_DAYS, score.days, rules.min_days),
    }
    short = [found[kind] for kind in score.shortfall]
    return [Line(kind, {"found": count, "needed": needed}) for kind, count, needed in short]


def _total(score: WeekScore) -> list[Line]:
    if score.total is None or score.grade is None:
        return [Line(LineKind.TOTAL_NONE, {})]
    rules = score.rules
    terms = _weighted(
        [
            (rules.weights.of(dimension.dimension), dimension.score)
            for dimension in score.dimensions
            if dimension.official and dimension.score is not None
        ]
    )
    grades = rules.grades
    total = number("total", score.total)
    return [
        Line(LineKind.TOTAL, {**terms, **total}),
        Line(LineKind.BEHIND_TOTAL, {"inspections": score.inspections, "supervisors": score.supervisors}),
        Line(
            LineKind.GRADE,
            {**total, "grade": score.grade.value, "a": grades.a, "b": grades.b, "c": grades.c, "d": grades.d},
        ),
    ]


def _ranking(score: WeekScore) -> list[Line]:
    if score.ranked:
        return [Line(LineKind.RANKED, {})]
    return [_not_ranked(reason, score.rules) for reason in score.not_ranked]


def _not_ranked(reason: NotRanked, rules: ScoringRules) -> Line:
    return Line(LineKind(f"not_ranked_{reason}"), {"days": rules.probation_days})


def _weighted(terms: Sequence[tuple[int, Fraction]]) -> Values:
    return {
        "terms": " + ".join(f"{weight} × {long_form(value)}" for weight, value in terms),
        "divisor": sum(weight for weight, _ in terms),
    }


def _name(dimension: Dimension) -> Values:
    zh, en = DIMENSION_NAMES[dimension]
    return {"dimension": dimension.value, "dimension_zh": zh, "dimension_en": en}
