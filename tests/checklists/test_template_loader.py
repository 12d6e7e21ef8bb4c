from pathlib import Path

import msgspec
import pytest
import yaml

from checklists.template import Template
from checklists.template_loader import TemplateError, TemplateProblem, load_template, load_template_file

BASE = """
key: t
title: {zh: 仪容, en: Grooming}
dimension: grooming
method: weighted
subject: employee
sections:
  - key: t.hair
    title: {zh: 头发, en: Hair}
    items:
      - key: t.hair.length
        text: {zh: 头发不遮脸, en: Hair leaves the face free}
        response: {kind: pass_fail}
        source: [{document: a.txt, clause: 1}]
      - key: t.hair.colour
        text: {zh: 发色自然, en: Natural colour}
        response: {kind: pass_fail}
        source: [{document: a.txt, clause: "2"}]
""".replace("clause: 1}", 'clause: "1"}')


def edited(**first_item: object) -> str:
    """The base template with fields of its first item replaced."""
    data = yaml.safe_load(BASE)
    data["sections"][0]["items"][0].update(first_item)
    return yaml.safe_dump(data, allow_unicode=True)


def with_top(**fields: object) -> str:
    return yaml.safe_dump(yaml.safe_load(BASE) | fields, allow_unicode=True)


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(TemplateError) as caught:
        load_template(text, "t.yaml")
    assert {problem.file for problem in caught.value.problems} == {"t.yaml"}
    return [(problem.item, problem.field) for problem in caught.value.problems]


def test_a_good_template_loads_in_the_order_of_the_file_and_survives_json() -> None:
    template = load_template(BASE, "t.yaml")
    assert [item.key for item in template.items()] == ["t.hair.length", "t.hair.colour"]
    assert msgspec.json.decode(msgspec.json.encode(template), type=Template) == template


def levels(*numbers: int) -> list[dict[str, object]]:
    return [{"level": number, "text": {"zh": "级", "en": "level"}} for number in numbers]


def option(key: str, points: int) -> dict[str, object]:
    return {"key": key, "text": {"zh": "选", "en": "option"}, "points": points}


@pytest.mark.parametrize(
    ("response", "field"),
    [
        ({"kind": "rating", "max": 2, "levels": levels(0, 2)}, "response.levels"),
        ({"kind": "rating", "max": 2, "levels": levels(2, 1, 0)}, "response.levels"),
        ({"kind": "rating", "max": 1, "levels": levels(0, 1, 1)}, "response.levels"),
        ({"kind": "choice", "options": [option("a", 1), option("a", 0)]}, "response.options"),
        ({"kind": "choice", "options": [option("a", 0), option("b", 0)]}, "response.options"),
        ({"kind": "choice", "options": [option("a", 1), option("not_applicable", 0)]}, "response.options"),
        ({"kind": "measurement", "unit": "cm"}, "response"),
        ({"kind": "measurement", "unit": "cm", "minimum": "3", "maximum": "2.9"}, "response.minimum"),
        ({"kind": "measurement", "unit": "cm", "maximum": "about 3"}, "response.maximum"),
        ({"kind": "deduction", "points": 2, "cap": 6}, "response"),
        ({"kind": "measurement", "unit": "cm", "maximum": 3}, "response.maximum"),
        ({"kind": "rating", "max": 0, "levels": []}, "response.max"),
        ({"kind": "stars"}, "response"),
    ],
)
def test_a_response_kind_that_cannot_be_scored_is_named(response: dict[str, object], field: str) -> None:
    assert problems(edited(response=response)) == [("t.hair.length", field)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"key": "x.hair.length"}, [("x.hair.length", "key")]),
        ({"key": "t.hair.colour"}, [("", "sections")]),
        ({"key": "T hair"}, [("T hair", "key")]),
        ({"text": {"zh": " ", "en": "Hair"}}, [("t.hair.length", "text.zh")]),
        ({"text": {"zh": "头发"}}, [("t.hair.length", "text.en")]),
        ({"source": []}, [("t.hair.length", "source")]),
        ({"photo": "sometimes"}, [("t.hair.length", "photo")]),
        ({"wieght": 2}, [("t.hair.length", "wieght")]),
        ({"applies_to": {"post_types": ["cashier", "cashier"]}}, [("t.hair.length", "applies_to.post_types")]),
        ({"applies_to": {"post_types": ["cook"]}}, [("t.hair.length", "applies_to.post_types[0]")]),
    ],
)
def test_a_wrong_field_of_an_item_is_named(fields: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert problems(edited(**fields)) == expected


def test_a_deduction_template_takes_deduction_items_only_and_no_critical_one() -> None:
    text = edited(response={"kind": "deduction", "points": 3, "cap": 2}, critical=True).replace("weighted", "deduction")
    assert problems(text) == [
        ("t.hair.length", "critical"),
        ("t.hair.length", "response.cap"),
        ("t.hair.colour", "response"),
    ]


def test_a_weighted_template_needs_a_weight() -> None:
    data = yaml.safe_load(BASE)
    for item in data["sections"][0]["items"]:
        item["weight"] = 0
    assert problems(yaml.safe_dump(data)) == [("", "sections")]


def test_a_workspace_has_no_post_type() -> None:
    text = edited(applies_to={"post_types": ["cashier"], "seasons": ["summer"]}).replace("employee", "workspace")
    assert problems(text) == [("t.hair.length", "applies_to.post_types")]


def test_all_problems_of_shape_come_at_once_with_the_place_of_an_item_without_key() -> None:
    data = yaml.safe_load(BASE)
    first, second = data["sections"][0]["items"]
    del first["key"]
    first["weight"] = 101
    second["text"] = "发色自然"
    data["critical_cap"] = "59"
    data["sections"][0].pop("title")
    assert sorted(problems(yaml.safe_dump(data))) == [
        ("", "critical_cap"),
        ("", "sections[0].title"),
        ("sections[0].items[0]", "key"),
        ("sections[0].items[0]", "weight"),
        ("t.hair.colour", "text"),
    ]


def test_a_key_given_twice_in_the_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(TemplateError) as caught:
        load_template(BASE.replace("method: weighted", "method: weighted\nmethod: deduction"), "t.yaml")
    assert "line 6" in caught.value.problems[0].reason
    assert "method" in caught.value.problems[0].reason


@pytest.mark.parametrize(
    "text",
    ["", "[]", "key: [", "- 1", "key: \x00", "!!python/object/apply:os.getcwd []", "? [a]\n: 1", "[" * 5000],
)
def test_text_that_is_no_template_is_refused_never_a_crash(text: str) -> None:
    with pytest.raises(TemplateError):
        load_template(text, "t.yaml")


def test_aliases_are_refused_before_they_unfold() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
        f"b{n}: &b{n} [{', '.join(['*' + ('a' if n == 0 else f'b{n - 1}')] * 9)}]" for n in range(12)
    )
    with pytest.raises(TemplateError, match="alias"):
        load_template(bomb, "t.yaml")


def test_a_problem_reads_as_file_item_field_and_reason() -> None:
    with pytest.raises(TemplateError) as caught:
        load_template(edited(weight=101), "t.yaml")
    assert str(caught.value).startswith("t.yaml · t.hair.length · weight: ")
    assert isinstance(caught.value.problems[0], TemplateProblem)


def test_a_file_is_named_by_its_file_name(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(BASE, encoding="utf-8")
    bad.write_bytes(BASE.encode("gb18030"))
    assert load_template_file(good).key == "t"
    with pytest.raises(TemplateError, match=r"bad\.yaml"):
        load_template_file(bad)


def test_a_description_of_a_top_field() -> None:
    assert problems(with_top(low_coverage_below=101, dimension="speed")) == [
        ("", "dimension"),
        ("", "low_coverage_below"),
    ]
