"""What differs between two templates, item by item: for whoever has to approve a revision."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from checklists.template import Bilingual, Item, Template


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class FieldChange(Struct, frozen=True):
    """``field``: a dotted path inside the item or the template. ``old``, ``new``: as text, empty for nothing."""

    field: str
    old: str
    new: str


class ItemChange(Struct, frozen=True):
    """``scores``: whether it can change a score; a text cannot. ``text``: the item's newest wording."""

    key: str
    kind: Kind
    text: Bilingual
    section: Bilingual
    scores: bool
    fields: tuple[FieldChange, ...] = ()


class Comparison(Struct, frozen=True):
    """``template``: what changed outside of the items. ``unchanged``: how many items are the same."""

    template: tuple[FieldChange, ...]
    items: tuple[ItemChange, ...]
    unchanged: int

    @property
    def is_empty(self) -> bool:
        return not self.template and not self.items


_OF_ITEMS = "sections"
_SCORING = ("response", "weight", "critical", "required", "applies_to")


def compare(old: Template, new: Template) -> Comparison:
    """In the order of display of the new one; what was removed comes last."""
    before, after = _placed(old), _placed(new)
    found: list[ItemChange] = []
    unchanged = 0
    for key, (section, item) in after.items():
        if key not in before:
            found.append(ItemChange(key, Kind.ADDED, item.text, section, scores=True))
            continue
        fields = (*_moved(before[key][0], section), *_differences(before[key][1], item))
        if not fields:
            unchanged += 1
            continue
        scores = any(one.field.partition(".")[0].partition("[")[0] in _SCORING for one in fields)
        found.append(ItemChange(key, Kind.CHANGED, item.text, section, scores, fields))
    for key, (section, item) in before.items():
        if key not in after:
            found.append(ItemChange(key, Kind.REMOVED, item.text, section, scores=True))
    return Comparison(tuple(_differences(old, new)), tuple(found), unchanged)


def _placed(template: Template) -> dict[str, tuple[Bilingual, Item]]:
    return {item.key: (section.title, item) for section in template.sections for item in section.items}


def _moved(old: Bilingual, new: Bilingual) -> Iterator[FieldChange]:
    if old != new:
        yield FieldChange("section", f"{old.zh} / {old.en}", f"{new.zh} / {new.en}")


def _differences(old: Struct, new: Struct) -> Iterator[FieldChange]:
    before, after = dict(_flat(msgspec.to_builtins(old))), dict(_flat(msgspec.to_builtins(new)))
    for path in [*after, *(path for path in before if path not in after)]:
        one, other = before.get(path, ""), after.get(path, "")
        if one != other:
            yield FieldChange(path, one, other)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf with its path; the sections of a template are compared by their items."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            if path or name != _OF_ITEMS:
                yield from _flat(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from _flat(below, f"{path}[{index}]")
    elif value is not None:
        yield path, str(value)
