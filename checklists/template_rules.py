"""What a template must keep beyond the shape of its fields.

``template_problems`` finds everything that is wrong with a template at once, so that the person who writes it mends
it in one go. Reasons are Chinese first, English after the slash.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from checklists.decimals import parse_decimal
from checklists.responses import NOT_APPLICABLE
from checklists.template import (
    Bilingual,
    Choice,
    Deduction,
    Item,
    Measurement,
    Method,
    Rating,
    Subject,
    Template,
)


class TemplateProblem(Struct, frozen=True):
    """One thing to mend: ``item`` is the item's key, or its place (``sections[2].items[0]``) while it has no valid key.

    ``item`` is empty for a problem of the whole template. ``field`` is the path inside the item or template.
    """

    file: str
    item: str
    field: str
    reason: str


class TemplateError(ValueError):
    """A template that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: Sequence[TemplateProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(describe(problem) for problem in self.problems))


def describe(problem: TemplateProblem) -> str:
    """One line for a person: file, item, field and reason."""
    place = " · ".join(part for part in (problem.file, problem.item, problem.field) if part)
    return f"{place}: {problem.reason}"


def template_problems(template: Template, name: str) -> tuple[TemplateProblem, ...]:
    """Everything that is wrong with a template of the right shape, in the order of the file."""
    found = [TemplateProblem(name, "", field, reason) for field, reason in _of_template(template)]
    for item in template.items():
        found += [TemplateProblem(name, item.key, field, reason) for field, reason in _of_item(template, item)]
    return tuple(found)


_Found = Iterator[tuple[str, str]]


def _of_template(template: Template) -> _Found:
    for key in _repeated([section.key for section in template.sections]):
        yield "sections", f"分区键重复：{key} / section key used twice: {key}"
    for key in _repeated([item.key for item in template.items()]):
        yield "sections", f"项目键重复：{key} / item key used twice: {key}"
    if template.method is Method.WEIGHTED and not any(item.weight for item in template.items()):
        yield "sections", "至少一个项目的权重须大于 0 / at least one item needs a weight above 0"
    for label, text in (("title", template.title), ("introduction", template.introduction)):
        yield from _blank(label, text)
    for index, section in enumerate(template.sections):
        yield from _blank(f"sections[{index}].title", section.title)


def _of_item(template: Template, item: Item) -> _Found:
    if not item.key.startswith(f"{template.key}."):
        yield "key", f"须以模板键开头：{template.key}. / must start with the template's key: {template.key}."
    deduction = isinstance(item.response, Deduction)
    if deduction and template.method is not Method.DEDUCTION:
        yield "response", "扣分项只能放在扣分制模板 / a deduction item belongs in a deduction template"
    if not deduction and template.method is Method.DEDUCTION:
        yield "response", "扣分制模板只能放扣分项 / a deduction template takes deduction items only"
    if item.critical and template.method is Method.DEDUCTION:
        yield "critical", "★ 项只能放在加权模板 / critical items belong in a weighted template"
    yield from _of_response(item)
    yield from _of_applies_to(template, item)
    for label in ("text", "standard", "taboo", "look_at", "photo_cue", "disagreement"):
        yield from _blank(label, getattr(item, label))


def _of_response(item: Item) -> _Found:
    kind = item.response
    if isinstance(kind, Rating):
        if [level.level for level in kind.levels] != list(range(kind.max + 1)):
            yield "response.levels", f"须由低到高写全 0–{kind.max} 级 / must describe 0 to {kind.max}, lowest first"
        for level in kind.levels:
            yield from _blank(f"response.levels[{level.level}]", level.text)
    elif isinstance(kind, Choice):
        yield from _of_choice(kind)
    elif isinstance(kind, Measurement):
        yield from _of_measurement(kind)
    elif isinstance(kind, Deduction) and kind.cap < kind.points:
        yield (
            "response.cap",
            f"上限 {kind.cap} 低于单次扣分 {kind.points} / cap {kind.cap} below points {kind.points}",
        )


def _of_choice(kind: Choice) -> _Found:
    for key in _repeated([option.key for option in kind.options]):
        yield "response.options", f"选项键重复：{key} / option key used twice: {key}"
    if any(option.key == NOT_APPLICABLE for option in kind.options):
        yield "response.options", f"{NOT_APPLICABLE} 是保留字 / {NOT_APPLICABLE} is reserved"
    if max(option.points for option in kind.options) == 0:
        yield "response.options", "最高分须大于 0 / the highest points must be above 0"


def _of_measurement(kind: Measurement) -> _Found:
    bounds = {"minimum": kind.minimum, "maximum": kind.maximum}
    numbers = {name: parse_decimal(text) for name, text in bounds.items() if text is not None}
    for name, number in numbers.items():
        if number is None:
            yield f"response.{name}", f"不是十进制数：{bounds[name]} / not a decimal number: {bounds[name]}"
    if not numbers:
        yield "response", "须写明下限或上限 / needs a minimum or a maximum"
    low, high = numbers.get("minimum"), numbers.get("maximum")
    if low is not None and high is not None and low > high:
        yield "response.minimum", f"下限 {low} 大于上限 {high} / minimum {low} is above maximum {high}"


def _of_applies_to(template: Template, item: Item) -> _Found:
    applies = item.applies_to
    for name in ("post_types", "dress_variants", "seasons"):
        for value in _repeated(getattr(applies, name)):
            yield f"applies_to.{name}", f"重复：{value} / given twice: {value}"
    if template.subject is Subject.WORKSPACE:
        for name in ("post_types", "dress_variants"):
            if getattr(applies, name):
                yield f"applies_to.{name}", "工位没有岗位类型和着装款式 / a workspace has no post type or dress variant"


def _blank(label: str, text: Bilingual | None) -> _Found:
    if text is None:
        return
    if not text.zh.strip():
        yield f"{label}.zh", "中文为空 / the Chinese text is blank"
    if not text.en.strip():
        yield f"{label}.en", "英文为空 / the English text is blank"


def _repeated(values: Sequence[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
