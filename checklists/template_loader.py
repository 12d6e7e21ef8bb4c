"""Reads a template from YAML and refuses it with everything that is wrong at once."""

from collections.abc import Hashable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from checklists.template import Dimension, Template
from checklists.template_rules import TemplateError, TemplateProblem, describe, template_problems
from checklists.template_shape import read_shape

__all__ = [
    "TemplateError",
    "TemplateProblem",
    "builtin_templates",
    "describe",
    "load_template",
    "load_template_file",
    "template_problems",
]

MAX_CHARACTERS = 1_000_000

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML without libyaml reads the same, slower
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


class _Loader(_SafeLoader):
    """A safe loader that notices a key given twice; YAML readers otherwise keep the last one silently."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.repeated: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                line = key_node.start_mark.line + 1
                self.repeated.append(f"第 {line} 行键重复：{key} / line {line}: key given twice: {key}")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def load_template(text: str, name: str) -> Template:
    """The template in this YAML text; ``name`` is the file name that its problems carry.

    Raises TemplateError with all problems. Aliases are refused: a few lines of them unfold into gigabytes.
    """
    data = _read_yaml(text, name)
    template, problems = read_shape(data, name)
    if template is None:
        raise TemplateError(problems)
    if found := template_problems(template, name):
        raise TemplateError(found)
    return template


def load_template_file(path: Path) -> Template:
    """The template in this file. Raises TemplateError, or OSError when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        reason = f"不是 UTF-8 文本 / not UTF-8 text: {error.reason}"
        raise TemplateError([TemplateProblem(path.name, "", "", reason)]) from error
    return load_template(text, path.name)


@cache
def builtin_templates() -> tuple[Template, ...]:
    """The templates that come with the product, in the order of the dimensions."""
    folder = resources.files("checklists") / "templates"
    files = [file for file in folder.iterdir() if file.name.endswith(".yaml")]
    loaded = [load_template(file.read_text(encoding="utf-8"), file.name) for file in files]
    order = list(Dimension)
    return tuple(sorted(loaded, key=lambda template: (order.index(template.dimension), template.key)))


def _read_yaml(text: str, name: str) -> object:
    if len(text) > MAX_CHARACTERS:
        raise _whole_file(name, f"超过 {MAX_CHARACTERS} 个字符 / more than {MAX_CHARACTERS} characters")
    try:
        for event in yaml.parse(text, Loader=_SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise _whole_file(name, f"不允许别名 *{event.anchor} / alias *{event.anchor} is not allowed")
        loader = _Loader(text)
        try:
            data: object = loader.get_single_data()
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, TemplateError):
            raise
        raise _whole_file(name, f"不是有效的 YAML / not valid YAML: {error}") from error
    if loader.repeated:
        raise TemplateError([TemplateProblem(name, "", "", reason) for reason in loader.repeated])
    return data


def _whole_file(name: str, reason: str) -> TemplateError:
    return TemplateError([TemplateProblem(name, "", "", reason)])
