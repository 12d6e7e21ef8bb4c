"""Writes ``engine/messages.d.ts``: the message classes of Python as types of TypeScript.

Run ``python -m inspect_api.web.message_types`` after a message class has changed; a test holds the file to the classes.
"""

from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import inspect

from inspect_api.actions.reporting import Report
from inspect_api.api.actions import Fix
from inspect_api.api.auth import LoginBody, Me, RefreshBody, ReplicaBody
from inspect_api.api.enrolment import ExchangeBody
from inspect_api.api.uploads import UploadAnswer
from inspect_api.auth.service import Session
from inspect_api.web.files import FOLDER
from sync import messages, paths

FILE = FOLDER / "engine" / "messages.d.ts"
_HEAD = """\
// Made by `python -m inspect_api.web.message_types` from the message classes of Python; do not edit.

/** An error that a client can get (RFC 9457); `code` is stable. */
export type Problem = { type: string; title: string; status: number; code: string; detail: string; path: string };
"""
CLASSES: tuple[type[msgspec.Struct], ...] = (
    messages.Change,
    messages.PushRequest,
    messages.ChangeResult,
    messages.Counts,
    messages.PushAnswer,
    messages.FeedItem,
    messages.PullAnswer,
    messages.LiveWrite,
    messages.InspectionView,
    paths.Circumstances,
    paths.EvidenceDeclaration,
    ReplicaBody,
    LoginBody,
    ExchangeBody,
    RefreshBody,
    Session,
    Me,
    UploadAnswer,
    Report,
    Fix,
)
_PLAIN: dict[type[inspect.Type], str] = {
    inspect.StrType: "string",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
    inspect.DateTimeType: "string",
    inspect.DateType: "string",
    inspect.RawType: "any",
    inspect.AnyType: "any",
}


def declarations() -> str:
    """The whole file."""
    return "\n".join([_HEAD, *(_declaration(kind) for kind in CLASSES)])


def _declaration(kind: type[msgspec.Struct]) -> str:
    info = inspect.type_info(kind)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{kind.__name__} is not a message class")
    members = [_member(kind, field) for field in info.fields]
    note = " ".join((kind.__doc__ or "").split()).replace("*/", "*\\/")
    return f"/** {note} */\nexport type {kind.__name__} = {{\n" + "".join(members) + "};\n"


def _member(kind: type[msgspec.Struct], field: inspect.Field) -> str:
    """What has a default may be left out of what is sent, and is left out of an answer where the class says so."""
    config = kind.__struct_config__
    may_miss = not field.required and (config.omit_defaults or config.forbid_unknown_fields)
    return f"  {field.encode_name}{'?' if may_miss else ''}: {_type(field.type)};\n"


def _type(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata(type=inner):
            return _type(inner)
        case inspect.UnionType(types=types):
            return " | ".join(dict.fromkeys(_type(one) for one in types))
        case inspect.ListType(item_type=item):
            inner_type = _type(item)
            return f"({inner_type})[]" if "|" in inner_type else f"{inner_type}[]"
        case inspect.DictType(value_type=value):
            return f"Record<string, {_type(value)}>"
        case inspect.LiteralType(values=values):
            return " | ".join(_literal(value) for value in values)
        case inspect.EnumType(cls=cls):
            return " | ".join(_literal(member.value) for member in cls)
        case inspect.StructType(cls=cls):
            return cls.__name__
    return _PLAIN[type(info)]


def _literal(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        raise TypeError("no literal of JSON")
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    FILE.write_text(declarations(), "utf-8")
