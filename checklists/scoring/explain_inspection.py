"""Every line of one inspection's computation, for the page on which an employee recomputes it by hand."""

from collections.abc import Collection, Mapping
from fractions import Fraction

from checklists.responses import NOT_APPLICABLE, PASS, Response
from checklists.scoring.inspection import (
    CompiledItem,
    CompiledTemplate,
    InspectionScore,
    compile_template,
    score_inspection,
)
from checklists.scoring.lines import Line, LineKind, Values, number
from checklists.template import Bilingual, Choice, Deduction, Item, Measurement, PassFail, Rating, Template


def explain_inspection(
    template: Template, responses: Mapping[str, Response], applicable: Collection[str]
) -> list[Line]:
    """One line for every item in the order of display, then coverage, the sum and what caps it.

    The arguments are those of ``score_inspection``; the numbers come from the same compiled template.
    """
    compiled = compile_template(template)
    score = score_inspection(compiled, responses, applicable)
    lines = [
        _item(item, own, responses.get(item.key), applicable, compiled)
        for item, own in zip(template.items(), compiled.items, strict=True)
    ]
    lines.append(_coverage(template, score))
    if score.score is None or score.uncapped is None:
        return [*lines, _no_score(score)]
    lines.append(_sum(compiled, responses, score, score.uncapped))
    if score.red_flags:
        lines.append(_critical(template, score, score.score, score.uncapped))
    return lines


def _item(
    item: Item, own: CompiledItem, response: Response | None, applicable: Collection[str], compiled: CompiledTemplate
) -> Line:
    about: Values = {
        "item": item.key,
        "item_zh": item.text.zh,
        "item_en": item.text.en,
        "weight": own.weight,
    }
    if item.key not in applicable:
        return Line(LineKind.ITEM_OTHERS_ONLY, about)
    if response is None:
        return Line(LineKind.ITEM_OPEN if item.required else LineKind.ITEM_OPTIONAL_OPEN, about)
    if response.value == NOT_APPLICABLE:
        return Line(LineKind.ITEM_NOT_APPLICABLE, about)
    units = own.units(response.value)
    if units is None:
        return Line(LineKind.ITEM_INVALID, {**about, "value": response.value})
    if isinstance(item.response, Deduction):
        kind = item.response
        counted: Values = {"count": response.value, "points": kind.points, "cap": kind.cap, "lost": units}
        return Line(LineKind.ITEM_DEDUCTED, {**about, **counted})
    value = Fraction(units, compiled.unit)
    said = _said(item, response.value)
    return Line(
        LineKind.ITEM_SCORED,
        {
            **about,
            "response_zh": said.zh,
            "response_en": said.en,
            **number("value", value),
            **number("earned", own.weight * value),
        },
    )


def _said(item: Item, value: str | int) -> Bilingual:
    """What the supervisor answered, in words."""
    match item.response:
        case PassFail():
            return Bilingual(zh="合格", en="pass") if value == PASS else Bilingual(zh="不合格", en="fail")
        case Rating(max=highest):
            return Bilingual(zh=f"{value} / {highest}", en=f"{value} of {highest}")
        case Choice(options=options):
            return next(option.text for option in options if option.key == value)
        case Measurement(unit=unit, minimum=minimum, maximum=maximum):
            allowed = f"{minimum or ''}–{maximum or ''}"
            return Bilingual(zh=f"{value} {unit}（允许 {allowed}）", en=f"{value} {unit} (allowed {allowed})")
        case Deduction():
            return Bilingual(zh=f"{value} 次", en=f"{value} times")


def _coverage(template: Template, score: InspectionScore) -> Line:
    values: Values = {"judged": score.judged, "to_judge": score.to_judge, "threshold": template.low_coverage_below}
    return Line(LineKind.COVERAGE_LOW if score.low_coverage else LineKind.COVERAGE, values)


def _no_score(score: InspectionScore) -> Line:
    missing = len(score.unanswered) + len(score.invalid)
    if missing:
        return Line(LineKind.NO_SCORE_OPEN, {"open": missing})
    return Line(LineKind.NO_SCORE_NOTHING, {})


def _sum(
    compiled: CompiledTemplate, responses: Mapping[str, Response], score: InspectionScore, uncapped: Fraction
) -> Line:
    if not compiled.deduction:
        values: Values = {**number("earned", score.earned), "applicable": score.applicable, **number("score", uncapped)}
        return Line(LineKind.SUM_WEIGHTED, values)
    # Not 100 − earned: below 0 the sum of what was lost is more than what is missing.
    lost = sum(item.units(responses[item.key].value) or 0 for item in compiled.items if item.key in score.below_full)
    return Line(LineKind.SUM_DEDUCTED, {"lost": lost, **number("score", uncapped)})


def _critical(template: Template, score: InspectionScore, final: Fraction, uncapped: Fraction) -> Line:
    failed = [item for item in template.items() if item.key in score.red_flags]
    values: Values = {
        "items": " ".join(score.red_flags),
        "items_zh": "、".join(item.text.zh for item in failed),
        "items_en": ", ".join(item.text.en for item in failed),
        "cap": template.critical_cap,
        **number("uncapped", uncapped),
        **number("score", final),
    }
    return Line(LineKind.CRITICAL_CAPPED if score.capped else LineKind.CRITICAL_BELOW_CAP, values)
