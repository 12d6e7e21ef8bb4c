"""The worked example of the scoring rules, as templates and checks that every layer's tests can use.

One employee at a site in Shanghai, week 2026-W47 (Monday 16 November). Supervisors are named, ids are for the layer
above to choose; ``captured_at`` is the corrected capture time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from checklists.periods import Week
from checklists.responses import NOT_APPLICABLE, Response
from checklists.template import (
    Bilingual,
    Choice,
    ChoiceOption,
    Deduction,
    Dimension,
    Item,
    Method,
    PassFail,
    Rating,
    RatingLevel,
    ResponseKind,
    Section,
    Source,
    Subject,
    Template,
)

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = Week(2026, 47)
CHEN, LIU, WANG = "chen", "liu", "wang"

_SOURCE = (Source(document="计分规则", clause="算例 6"),)
_PASS = Response("pass")


def _text(zh: str, en: str) -> Bilingual:
    return Bilingual(zh=zh, en=en)


def _item(key: str, zh: str, en: str, response: ResponseKind, *, weight: int = 1, critical: bool = False) -> Item:
    return Item(key=key, text=_text(zh, en), response=response, source=_SOURCE, weight=weight, critical=critical)


_UNIFORM = Choice(
    options=(
        ChoiceOption(key="full", text=_text("整套整洁", "complete and clean"), points=4),
        ChoiceOption(key="creased", text=_text("整套有皱", "complete, creased"), points=3),
        ChoiceOption(key="half", text=_text("缺一件", "one piece missing"), points=2),
        ChoiceOption(key="none", text=_text("未着制服", "no uniform"), points=0),
    )
)

GROOMING = Template(
    key="worked_grooming",
    title=_text("仪容仪表（算例）", "Grooming (worked example)"),
    dimension=Dimension.GROOMING,
    method=Method.WEIGHTED,
    subject=Subject.EMPLOYEE,
    sections=(
        Section(
            key="all",
            title=_text("全部", "All"),
            items=(
                _item("worked_grooming.uniform", "制服", "Uniform", _UNIFORM, weight=2),
                _item("worked_grooming.badge", "工牌", "Badge", PassFail()),
                _item("worked_grooming.hair", "头发", "Hair", PassFail()),
                _item("worked_grooming.shoes", "鞋", "Shoes", PassFail()),
                _item("worked_grooming.hands", "手", "Hands", PassFail()),
                _item("worked_grooming.belt", "腰带", "Belt", PassFail()),
                _item("worked_grooming.jewellery", "饰物", "Jewellery", PassFail()),
                _item("worked_grooming.radio", "对讲机", "Radio", PassFail(), weight=2, critical=True),
            ),
        ),
    ),
)

POST_STANDING = Template(
    key="worked_post",
    title=_text("站岗与站姿（算例）", "Post-standing (worked example)"),
    dimension=Dimension.POST_STANDING,
    method=Method.DEDUCTION,
    subject=Subject.EMPLOYEE,
    sections=(
        Section(
            key="all",
            title=_text("全部", "All"),
            items=(
                _item("worked_post.posture", "站姿不正", "Poor posture", Deduction(points=2, cap=10)),
                _item("worked_post.telephone", "岗上用手机", "Telephone on post", Deduction(points=5, cap=10)),
                _item("worked_post.absence", "脱岗", "Off post", Deduction(points=40, cap=100)),
            ),
        ),
    ),
)

_LEVELS = tuple(RatingLevel(level=level, text=_text(f"{level} 级", f"level {level}")) for level in range(5))

WORKSPACE_5S = Template(
    key="worked_5s",
    title=_text("工位 5S（算例）", "Workspace 5S (worked example)"),
    dimension=Dimension.WORKSPACE_5S,
    method=Method.WEIGHTED,
    subject=Subject.WORKSPACE,
    sections=(
        Section(
            key="all",
            title=_text("全部", "All"),
            items=tuple(
                _item(f"worked_5s.c{n}", f"标准 {n}", f"Criterion {n}", Rating(max=4, levels=_LEVELS))
                for n in range(1, 11)
            ),
        ),
    ),
)

TEMPLATES = (GROOMING, POST_STANDING, WORKSPACE_5S)


def as_yaml(template: Template) -> str:
    """The template as a file of ``checklists/templates`` would hold it."""
    return msgspec.yaml.encode(template).decode()


@dataclass(frozen=True)
class Check:
    """One inspection of the example; ``responses`` by item key, every item answered."""

    name: str
    template: Template
    supervisor: str
    captured_at: datetime
    responses: Mapping[str, Response]

    def responding(self, **answers: str | int) -> "Check":
        """The same check with other responses, by the last part of the item's key."""
        return replace(self, responses={**self.responses, **_responses(self.template, answers)})


def _responses(template: Template, answers: Mapping[str, str | int]) -> dict[str, Response]:
    return {
        f"{template.key}.{name}": Response(value, "维修中" if value == NOT_APPLICABLE else None)
        for name, value in answers.items()
    }


def site_time(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """An instant of November 2026 in site time, in UTC; the week is the 16th to the 22nd."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def grooming_check(name: str, supervisor: str, captured_at: datetime, **answers: str | int) -> Check:
    """Everything in order but for ``answers``."""
    clean = {item.key: _PASS for item in GROOMING.items()} | _responses(GROOMING, {"uniform": "full"})
    return Check(name, GROOMING, supervisor, captured_at, {**clean, **_responses(GROOMING, answers)})


def post_check(name: str, supervisor: str, captured_at: datetime, **answers: int) -> Check:
    clean = {item.key: Response(0) for item in POST_STANDING.items()}
    return Check(name, POST_STANDING, supervisor, captured_at, {**clean, **_responses(POST_STANDING, answers)})


CHECK_A = grooming_check("A", CHEN, site_time(16), hair="fail", belt=NOT_APPLICABLE)
CHECK_B = grooming_check("B", CHEN, site_time(17), uniform="half")
CHECK_C = grooming_check("C", CHEN, site_time(19))
CHECK_D = grooming_check("D", CHEN, site_time(20), badge="fail", shoes="fail")
CHECK_E = grooming_check("E", LIU, site_time(18), radio="fail")
GROOMING_CHECKS = (CHECK_A, CHECK_B, CHECK_C, CHECK_D, CHECK_E)

CHECK_E_RADIO_IN_REPAIR = CHECK_E.responding(radio=NOT_APPLICABLE)
"""Check E as the upheld dispute leaves it."""

POST_CHECKS = (
    post_check("F", LIU, site_time(17, 14), posture=3, telephone=1),
    post_check("G", WANG, site_time(18, 14)),
    post_check("H", CHEN, site_time(19, 14), telephone=2),
)

CHECK_5S = Check(
    "I",
    WORKSPACE_5S,
    WANG,
    site_time(20, 16),
    _responses(
        WORKSPACE_5S,
        {f"c{n}": rating for n, rating in enumerate((4, 3, 3, 3, 3, 3, 3, 3, 3), start=1)} | {"c10": NOT_APPLICABLE},
    ),
)

ALL_CHECKS = (*GROOMING_CHECKS, *POST_CHECKS, CHECK_5S)

LATE_CHECK = grooming_check("J", LIU, site_time(22, 18), uniform="creased")
"""Liu's Sunday check of 95.0, which reaches the server on the Tuesday after."""
