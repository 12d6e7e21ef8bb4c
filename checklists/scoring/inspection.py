"""The score of one inspection (SCORING §1).

A template revision is compiled once: every possible response becomes an integer in units of 1/``unit``, the common
denominator of all its items, so that scoring adds integers and makes one fraction at the end.
"""

from collections.abc import Collection, Mapping
from fractions import Fraction
from math import lcm

from msgspec import Struct

from checklists.decimals import parse_decimal
from checklists.responses import FAIL, MAX_COUNT, NOT_APPLICABLE, PASS, Response, within
from checklists.template import Choice, Deduction, Item, Measurement, Method, PassFail, Rating, Template

FULL_MARKS = 100


class InspectionScore(Struct, frozen=True):
    """``score`` = 100 × ``earned`` / ``applicable``, capped; None while a required item is open or nothing was judged.

    ``earned`` and ``applicable`` are weights; for a deduction template, what is left of 100, and 100. ``judged`` of
    ``to_judge`` is the coverage: weight of the answered items of the weight of all that apply to this subject (items,
    for a deduction template). ``uncapped`` is the score before the cap. Tuples hold item keys in the order of display:
    ``red_flags`` critical items worth nothing, ``below_full`` all that lost something, ``unanswered`` required items
    without a response, ``invalid`` those whose response the item does not know (no score then either).
    """

    score: Fraction | None
    uncapped: Fraction | None
    capped: bool
    earned: Fraction
    applicable: int
    judged: int
    to_judge: int
    low_coverage: bool
    red_flags: tuple[str, ...] = ()
    below_full: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()


class CompiledItem(Struct, frozen=True):
    """``points``: response → units earned (lost, for a deduction); ``full``: the units of full marks."""

    key: str
    weight: int
    full: int
    critical: bool
    required: bool
    points: Mapping[str | int, int]
    measurement: Measurement | None = None

    def units(self, value: str | int) -> int | None:
        """The units of a response; None when the item does not know it."""
        if self.measurement is None:
            return self.points.get(value)
        if not isinstance(value, str) or parse_decimal(value) is None:
            return None
        return self.full if within(self.measurement, value) else 0


class CompiledTemplate(Struct, frozen=True):
    """``compile_template`` makes it; keep one for each template revision."""

    items: tuple[CompiledItem, ...]
    unit: int
    deduction: bool
    cap: Fraction
    low_coverage_below: int


def compile_template(template: Template) -> CompiledTemplate:
    items = template.items()
    unit = lcm(*(_denominator(item) for item in items))
    deduction = template.method is Method.DEDUCTION
    return CompiledTemplate(
        items=tuple(_compile_item(item, unit, deduction) for item in items),
        unit=unit,
        deduction=deduction,
        cap=Fraction(template.critical_cap),
        low_coverage_below=template.low_coverage_below,
    )


def _denominator(item: Item) -> int:
    match item.response:
        case Rating(max=highest):
            return highest
        case Choice(options=options):
            return max(1, *(option.points for option in options))
        case _:
            return 1


def _compile_item(item: Item, unit: int, deduction: bool) -> CompiledItem:
    points: dict[str | int, int] = {}
    measurement = None
    match item.response:
        case PassFail():
            points = {PASS: unit, FAIL: 0}
        case Rating(max=highest):
            points = {rating: rating * unit // highest for rating in range(highest + 1)}
        case Choice(options=options):
            highest = max(1, *(option.points for option in options))
            points = {option.key: option.points * unit // highest for option in options}
        case Measurement() as kind:
            measurement = kind
        case Deduction(points=each, cap=cap):
            points = {count: min(count * each, cap) for count in range(MAX_COUNT + 1)}
    return CompiledItem(
        key=item.key,
        weight=1 if deduction else item.weight,
        full=0 if deduction else unit,
        critical=item.critical,
        required=item.required,
        points=points,
        measurement=measurement,
    )


def score_inspection(
    compiled: CompiledTemplate, responses: Mapping[str, Response], applicable: Collection[str]
) -> InspectionScore:
    """Score the responses (by item key) of the items that apply to this subject (``applicable``, item keys).

    An optional item without a response leaves both sums, like *not applicable*; it still counts as not covered.
    Responses of items that do not apply, or that the template does not have, are not looked at.
    """
    earned = judged = to_judge = 0
    red_flags: list[str] = []
    below_full: list[str] = []
    unanswered: list[str] = []
    invalid: list[str] = []
    applies = applicable if isinstance(applicable, (set, frozenset)) else frozenset(applicable)
    for item in compiled.items:
        key = item.key
        if key not in applies:
            continue
        to_judge += item.weight
        response = responses.get(key)
        if response is None:
            if item.required:
                unanswered.append(key)
            continue
        value = response.value
        if value == NOT_APPLICABLE:
            continue
        units = item.points.get(value) if item.measurement is None else item.units(value)
        if units is None:
            invalid.append(key)
            continue
        judged += item.weight
        earned += item.weight * units
        if units != item.full:
            below_full.append(key)
            if item.critical and (units == 0 or compiled.deduction):
                red_flags.append(key)
    return _result(
        compiled,
        (earned, judged, to_judge),
        red_flags=tuple(red_flags),
        below_full=tuple(below_full),
        unanswered=tuple(unanswered),
        invalid=tuple(invalid),
    )


def _result(
    compiled: CompiledTemplate,
    sums: tuple[int, int, int],
    *,
    red_flags: tuple[str, ...],
    below_full: tuple[str, ...],
    unanswered: tuple[str, ...],
    invalid: tuple[str, ...],
) -> InspectionScore:
    units, judged, to_judge = sums
    unit, applicable = compiled.unit, judged
    if compiled.deduction:
        # ``units`` is what was lost; a template of nothing but large faults must not go below 0.
        units, applicable = (max(0, FULL_MARKS - units), FULL_MARKS) if judged else (0, 0)
    uncapped = None
    capped = False
    if applicable and not unanswered and not invalid:
        uncapped = Fraction(FULL_MARKS * units, unit * applicable)
        capped = bool(red_flags) and uncapped > compiled.cap
    return InspectionScore(
        score=compiled.cap if capped else uncapped,
        uncapped=uncapped,
        capped=capped,
        earned=Fraction(units, unit),
        applicable=applicable,
        judged=judged,
        to_judge=to_judge,
        low_coverage=not judged or 100 * judged < compiled.low_coverage_below * to_judge,
        red_flags=red_flags,
        below_full=below_full,
        unanswered=unanswered,
        invalid=invalid,
    )
