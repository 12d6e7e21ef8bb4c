"""Makes ``score.json``: run ``python -m tests.vectors.score_cases`` after a rule or a built-in template has changed.

The cases come from the Python code that scores on the server, so that a client in any language can show the same score.
"""

import json
import random
from pathlib import Path
from typing import Any

import msgspec

from checklists.applicability import applicable_items
from checklists.responses import NOT_APPLICABLE, Response, is_failed, missing_requirements
from checklists.scoring.arithmetic import display, to_text
from checklists.scoring.inspection import InspectionScore, score_inspection
from checklists.template import (
    Choice,
    Deduction,
    DressVariant,
    Item,
    Measurement,
    PassFail,
    PostType,
    Rating,
    Season,
    Template,
)
from checklists.template_loader import builtin_templates, load_template
from sync import paths
from sync.merge import Live, Write
from sync.projection import circumstances_of, responses_of
from sync.revisions import LoadedRevision
from tests.worked_numbers import ALL_CHECKS, TEMPLATES

FILE = Path(__file__).with_name("score.json")
SEED = 20261120
CASES = 12
_STAMP = "01a1f71c7600-0000-018f0000-0000-7000-8000-00000000000a"
_CHANGE = "018f3333-0000-7000-8000-000000000001"
# What no template of ours has, and what the server must not take for an answer.
_ODD: tuple[Any, ...] = (
    None, {}, "pass", 7, True, ["pass"], {"value": None}, {"value": True}, {"value": "PASS"}, {"value": -1},
    {"value": 100}, {"value": 1.5}, {"value": "1e3"}, {"value": "0012.500"}, {"value": "-0"}, {"value": "99999999999"},
    {"value": "pass", "more": 1}, {"value": "not_applicable"}, {"value": "not_applicable", "note": " \u3000\u001f"},
    {"value": "not_applicable", "note": "\ufeff"}, {"value": "pass", "note": 5}, {"value": "好" * 81},
)  # fmt: skip
_EVERY_KIND = """
key: every_kind
title: {zh: "各种", en: "Every kind"}
dimension: grooming
method: weighted
subject: employee
critical_cap: 59
sections:
  - key: every_kind.all
    title: {zh: "全部", en: "All"}
    items:
      - {key: every_kind.yes, text: {zh: "甲", en: "A"}, response: {kind: pass_fail}, weight: 7, critical: true, photo: on_fail, note: always, source: [{document: d, clause: c}]}
      - {key: every_kind.level, text: {zh: "乙", en: "B"}, response: {kind: rating, max: 3, levels: [{level: 0, text: {zh: "零", en: "0"}}, {level: 1, text: {zh: "一", en: "1"}}, {level: 2, text: {zh: "二", en: "2"}}, {level: 3, text: {zh: "三", en: "3"}}]}, weight: 3, critical: true, source: [{document: d, clause: c}]}
      - {key: every_kind.one, text: {zh: "丙", en: "C"}, response: {kind: choice, options: [{key: a, text: {zh: "甲", en: "A"}, points: 7}, {key: b, text: {zh: "乙", en: "B"}, points: 3}, {key: c, text: {zh: "丙", en: "C"}, points: 0}]}, weight: 5, photo: always, source: [{document: d, clause: c}]}
      - {key: every_kind.length, text: {zh: "丁", en: "D"}, response: {kind: measurement, unit: cm, minimum: "-1.5", maximum: "12.50"}, weight: 2, note: on_fail, source: [{document: d, clause: c}]}
      - {key: every_kind.optional, text: {zh: "戊", en: "E"}, response: {kind: rating, max: 7, levels: [{level: 0, text: {zh: "零", en: "0"}}, {level: 1, text: {zh: "一", en: "1"}}, {level: 2, text: {zh: "二", en: "2"}}, {level: 3, text: {zh: "三", en: "3"}}, {level: 4, text: {zh: "四", en: "4"}}, {level: 5, text: {zh: "五", en: "5"}}, {level: 6, text: {zh: "六", en: "6"}}, {level: 7, text: {zh: "七", en: "7"}}]}, weight: 1, required: false, applies_to: {seasons: [winter], dress_variants: [skirt]}, source: [{document: d, clause: c}]}
"""  # noqa: E501 (one line an item)


def build() -> dict[str, Any]:
    chance = random.Random(SEED)
    templates = [*builtin_templates(), *TEMPLATES, load_template(_EVERY_KIND, "every_kind.yaml")]
    cases = [
        _case(template, _draw(template, chance, number), _circumstances(chance))
        for template in templates
        for number in range(CASES)
    ]
    cases += [
        _case(check.template, {key: msgspec.to_builtins(response) for key, response in check.responses.items()}, {})
        for check in ALL_CHECKS
    ]
    rules = {template.key: _without_texts(msgspec.to_builtins(template)) for template in templates}
    return {"templates": rules, "cases": cases}


def as_text() -> str:
    """One template and one case a line, so that a difference can be read."""
    made = build()
    templates = ",\n".join(f"{json.dumps(key)}: {_line(value)}" for key, value in sorted(made["templates"].items()))
    cases = ",\n".join(_line(case) for case in made["cases"])
    return f'{{"templates": {{\n{templates}\n}}, "cases": [\n{cases}\n]}}\n'


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _case(template: Template, told: dict[str, Any], circumstances: Any) -> dict[str, Any]:
    revision = LoadedRevision("vector", msgspec.json.encode(template).decode())
    live: Live = {paths.RESPONSES + key: (Write(_STAMP, _CHANGE, value),) for key, value in told.items()}
    live[paths.CIRCUMSTANCES] = (Write(_STAMP, _CHANGE, circumstances),)
    responses, not_understood = responses_of(live, revision)
    known = circumstances_of(live)
    applicable = frozenset(
        item.key
        for item in applicable_items(
            template, post_type=known.post_type, dress_variant=known.dress_variant, season=known.season
        )
    )
    score = score_inspection(revision.compiled, responses, applicable)
    running = score_inspection(revision.compiled, responses, applicable - set(score.unanswered))
    found = [(revision.items[key], response) for key, response in sorted(responses.items())]
    return {
        "template": template.key,
        "circumstances": circumstances,
        "responses": told,
        "applicable": sorted(applicable),
        "not_understood": not_understood,
        "failed": [item.key for item, response in found if is_failed(item, response)],
        "owed": {item.key: owed for item, response in found if (owed := _owed(item, response))},
        "score": _score(score),
        "running": None if running.score is None else display(running.score),
    }


def _owed(item: Item, response: Response) -> list[str]:
    return [str(what) for what in missing_requirements(item, response, 0)]


def _score(score: InspectionScore) -> dict[str, Any]:
    return {
        "score": None if score.score is None else to_text(score.score),
        "uncapped": None if score.uncapped is None else to_text(score.uncapped),
        "displayed": None if score.score is None else display(score.score),
        "low_coverage": score.low_coverage,
        "red_flags": list(score.red_flags),
        "below_full": list(score.below_full),
        "unanswered": list(score.unanswered),
        "invalid": list(score.invalid),
    }


def _draw(template: Template, chance: random.Random, number: int) -> dict[str, Any]:
    """Every second case answers everything; the others leave gaps, and some have what is no answer."""
    told = {}
    for item in template.items():
        if number % 2 and chance.random() < 0.2:
            continue
        if number % 4 == 3 and chance.random() < 0.15:
            told[item.key] = chance.choice(_ODD)
            continue
        answer: dict[str, Any] = {"value": _answer(item, chance)}
        if answer["value"] == NOT_APPLICABLE or chance.random() < 0.1:
            answer["note"] = chance.choice(("没有这一项", "n/a", "复查"))
        told[item.key] = answer
    return told


def _answer(item: Item, chance: random.Random) -> str | int:
    if chance.random() < 0.06:
        return NOT_APPLICABLE
    match item.response:
        case PassFail():
            return "pass" if chance.random() < 0.9 else "fail"
        case Rating(max=highest):
            return chance.randint(0, highest)
        case Deduction():
            return chance.choice((0,) * 30 + (1, 2, 99))
        case Choice(options=options):
            return chance.choice(options).key
        case Measurement():
            return chance.choice(("12.5", "12.500001", "-1.5", "-1.500001", "0", "3.25"))


def _circumstances(chance: random.Random) -> Any:
    if chance.random() < 0.15:
        return chance.choice(
            (None, {"post_type": "nobody"}, {"season": "winter", "more": 1}, "winter", {"season": None})
        )
    told: dict[str, str] = {}
    for name, kinds in (("post_type", PostType), ("dress_variant", DressVariant), ("season", Season)):
        if chance.random() < 0.8:
            told[name] = chance.choice(list(kinds)).value
    return told


def _without_texts(value: Any) -> Any:
    """The rules alone: a client needs no wording to compute, and the file stays small."""
    if isinstance(value, dict):
        if value.keys() == {"zh", "en"}:
            return {"zh": "·", "en": "·"}
        return {
            key: [{"document": "·", "clause": "·"}] if key == "source" else _without_texts(member)
            for key, member in value.items()
            if member is not None and key not in ("standard", "taboo", "look_at", "photo_cue", "disagreement")
        }
    return [_without_texts(member) for member in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    FILE.write_text(as_text(), "utf-8")
