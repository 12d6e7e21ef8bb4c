"""Turns plain data into a template, and finds every field that has the wrong shape.

``msgspec.convert`` stops at the first problem; the person who writes a template wants them all. So when the whole does
not convert, its parts are tried one by one along the declared types.
"""

import re
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec

from checklists.template import Template
from checklists.template_rules import TemplateProblem

_ITEM_PLACE = re.compile(r"sections\[(\d+)\]\.items\[(\d+)\]\.?")
_MSGSPEC_PLACE = re.compile(r" - at `[^`]*`$")


def read_shape(data: object, name: str) -> tuple[Template | None, tuple[TemplateProblem, ...]]:
    """The template, or None and all the fields that kept the data from being one."""
    try:
        return msgspec.convert(data, Template), ()
    except (msgspec.ValidationError, RecursionError) as error:
        found = tuple(_locate(data, name, path, reason) for path, reason in _wrong_parts(data, Template, ""))
        return None, found or (TemplateProblem(name, "", "", str(error)),)


def _wrong_parts(data: object, declared: Any, path: str) -> Iterator[tuple[str, str]]:
    try:
        msgspec.convert(data, declared)
    except msgspec.ValidationError as error:
        inner = list(_wrong_inside(data, _resolve(data, declared), path))
        yield from inner or [(path, _MSGSPEC_PLACE.sub("", str(error)))]


def _wrong_inside(data: object, declared: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct) and isinstance(data, dict):
        fields = {field.encode_name: field for field in msgspec.structs.fields(declared)}
        tag_field = declared.__struct_config__.tag_field
        for key in data:
            if key not in fields and key != tag_field:
                yield _join(path, str(key)), f"没有这个字段 / no such field; known: {', '.join(fields)}"
        for key, field in fields.items():
            if key in data:
                yield from _wrong_parts(data[key], field.type, _join(path, key))
            elif field.required:
                yield _join(path, key), "缺少 / missing"
    elif typing.get_origin(declared) is tuple and isinstance(data, list):
        for index, element in enumerate(data):
            yield from _wrong_parts(element, typing.get_args(declared)[0], f"{path}[{index}]")


def _resolve(data: object, declared: Any) -> Any:
    """The one type to look into: without Annotated and None, and of tagged structures the one that the data names."""
    while typing.get_origin(declared) is typing.Annotated:
        declared = typing.get_args(declared)[0]
    if typing.get_origin(declared) not in (typing.Union, types.UnionType):
        return declared
    options = [option for option in typing.get_args(declared) if option is not types.NoneType]
    if len(options) == 1:
        return _resolve(data, options[0])
    for option in options:
        config = option.__struct_config__
        if isinstance(data, dict) and config.tag_field in data and data[config.tag_field] == config.tag:
            return option
    return declared


def _locate(data: object, name: str, path: str, reason: str) -> TemplateProblem:
    """Names the item by its key where it has one, by its place otherwise."""
    match = _ITEM_PLACE.match(path)
    if match is None:
        return TemplateProblem(name, "", path, reason)
    place = match.group(0).rstrip(".")
    # The path was made by walking this data, so its indexes are good.
    item = typing.cast(Any, data)["sections"][int(match.group(1))]["items"][int(match.group(2))]
    key = item.get("key") if isinstance(item, dict) else None
    return TemplateProblem(name, key if isinstance(key, str) else place, path[match.end() :], reason)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
