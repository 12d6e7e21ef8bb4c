"""Where in a YAML file a problem of a template stands: line and column, both from 1."""

import re
from typing import Any

import yaml

from checklists.template_rules import TemplateProblem

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_TOLD = re.compile(r"line (\d+)(?:, column (\d+))?")


def place_of(text: str, problem: TemplateProblem) -> tuple[int, int] | None:
    """The place of the deepest part of the problem's path that is in the file; None when the file is no YAML at all
    and the reader did not say where it stopped."""
    told = _TOLD.search(problem.reason)
    if not problem.item and not problem.field:
        return (int(told[1]), int(told[2] or 1)) if told else (1, 1)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    node = _item(root, problem.item) if problem.item else root
    if node is None:
        return 1, 1
    node = _follow(node, problem.field)
    return node.start_mark.line + 1, node.start_mark.column + 1


def _item(root: Any, name: str) -> Any:
    """The node of the item with this key, or at this place (``sections[2].items[0]``)."""
    if "[" in name:
        return _follow(root, name)
    sections = _child(root, "sections")
    for section in sections.value if isinstance(sections, yaml.SequenceNode) else ():
        items = _child(section, "items")
        for item in items.value if isinstance(items, yaml.SequenceNode) else ():
            key = _child(item, "key")
            if key is not None and key.value == name:
                return item
    return None


def _follow(node: Any, path: str) -> Any:
    """As far down the path as there is something."""
    for name, index in _STEP.findall(path):
        below = _child(node, name) if name else _element(node, int(index))
        if below is None:
            return node
        node = below
    return node


def _child(node: Any, name: str) -> Any:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _element(node: Any, index: int) -> Any:
    if not isinstance(node, yaml.SequenceNode) or index >= len(node.value):
        return None
    return node.value[index]
