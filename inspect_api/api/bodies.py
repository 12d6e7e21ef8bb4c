"""Reading request bodies, and turning whatever is wrong with them into a Problem."""

from typing import Any, TypeVar

import msgspec

from inspect_api.problems import Code, Problem
from sync.refusals import RefusalCode, refusal_of

T = TypeVar("T")


def decode_body(body: bytes, kind: type[T]) -> T:
    """Raises Problem: MALFORMED, INVALID_FIELD or UNKNOWN_FIELD with the JSON Pointer of the field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise problem_of(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(Code.MALFORMED, f"不是合法的 JSON：{error}", f"Not valid JSON: {error}") from error


def problem_of(error: msgspec.ValidationError) -> Problem:
    refusal = refusal_of(error)
    zh, _, en = refusal.message.partition(" / ")
    code = Code.UNKNOWN_FIELD if refusal.code is RefusalCode.UNKNOWN_FIELD else Code.INVALID_FIELD
    return Problem(code, zh, en, refusal.path)


def encode(value: Any) -> bytes:
    return msgspec.json.encode(value)
