"""What a supervisor may answer to an item, what counts as a finding, and what evidence is still owed.

All of it runs for every item of every pushed inspection, so these functions build nothing unless something is wrong.
"""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from checklists.decimals import parse_decimal
from checklists.template import Choice, Deduction, Item, Measurement, PassFail, Rating, When

NOT_APPLICABLE: Final = "not_applicable"
PASS: Final = "pass"  # noqa: S105 - an answer, not a password
FAIL: Final = "fail"
MAX_COUNT: Final = 99


class Response(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """``{"value": …, "note": …}`` as it travels and is stored.

    ``value``: ``"pass"``/``"fail"``, a level, an option's key, decimal text, a count, or ``"not_applicable"``.
    """

    value: Annotated[str, Meta(max_length=80)] | int
    note: Annotated[str, Meta(max_length=2000)] | None = None


class ProblemCode(StrEnum):
    """Stable for ever: tablets decide by these."""

    WRONG_KIND = "wrong_kind"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_OPTION = "unknown_option"
    NOT_A_NUMBER = "not_a_number"
    NOTE_MISSING = "note_missing"


class ResponseProblem(Struct, frozen=True):
    """Why a response is refused; ``field`` is ``value`` or ``note``. Message: Chinese, a slash, English."""

    code: ProblemCode
    field: str
    message: str


class Requirement(StrEnum):
    """What a response still owes before the inspection can be submitted."""

    PHOTO = "photo"
    NOTE = "note"


def check_response(item: Item, response: Response) -> ResponseProblem | None:
    """What is wrong with this response to this item, or None.

    A note or photo that the item requires is not looked at here (see ``missing_requirements``), except the note of a
    *not applicable*: without it that value has no meaning.
    """
    value = response.value
    if value == NOT_APPLICABLE:
        if _has_note(response):
            return None
        message = "“不适用”须写明原因 / not applicable needs a note"
        return ResponseProblem(ProblemCode.NOTE_MISSING, "note", message)
    kind = item.response
    if isinstance(kind, PassFail):
        return None if value in (PASS, FAIL) else _wrong_kind('"pass" 或 "fail"', '"pass" or "fail"')
    if isinstance(kind, Rating):
        return _check_whole_number(value, kind.max)
    if isinstance(kind, Deduction):
        return _check_whole_number(value, MAX_COUNT)
    if isinstance(kind, Choice):
        return _check_choice(kind, value)
    return _check_measurement(value)


def is_failed(item: Item, response: Response) -> bool:
    """Whether a valid response is a finding: it may need evidence and can lead to a corrective action.

    One rule for all weighted kinds: a response worth half of its points or less is a finding. So a fail, a measurement
    outside its tolerance, a level up to half of the highest, an option with up to half of the highest points. In a
    deduction template every occurrence is one. *Not applicable* never is.
    """
    value = response.value
    if value == NOT_APPLICABLE:
        return False
    kind = item.response
    if isinstance(kind, PassFail):
        return value == FAIL
    if isinstance(kind, Rating):
        return isinstance(value, int) and 2 * value <= kind.max
    if isinstance(kind, Deduction):
        return isinstance(value, int) and value > 0
    if isinstance(kind, Choice):
        return 2 * _points(kind, value) <= max(option.points for option in kind.options)
    return isinstance(value, str) and not within(kind, value)


def missing_requirements(item: Item, response: Response, photos: int) -> tuple[Requirement, ...]:
    """What this response still owes, given the number of photos declared for the item.

    *Not applicable* owes no photo: there is nothing to photograph. Its note is checked by ``check_response``.
    """
    if (item.photo is When.NEVER and item.note is When.NEVER) or response.value == NOT_APPLICABLE:
        return ()
    failed = is_failed(item, response)
    photo = photos < 1 and _required(item.photo, failed)
    note = _required(item.note, failed) and not _has_note(response)
    if not photo and not note:
        return ()
    return ((Requirement.PHOTO,) if photo else ()) + ((Requirement.NOTE,) if note else ())


def within(kind: Measurement, value: str) -> bool:
    """Whether a decimal text lies inside the tolerance, ends included; False for text that is no number."""
    number = parse_decimal(value)
    if number is None:
        return False
    low = parse_decimal(kind.minimum) if kind.minimum is not None else None
    high = parse_decimal(kind.maximum) if kind.maximum is not None else None
    return (low is None or number >= low) and (high is None or number <= high)


def _check_whole_number(value: str | int, highest: int) -> ResponseProblem | None:
    if not isinstance(value, int):
        return _wrong_kind(f"0–{highest} 的整数", f"a whole number from 0 to {highest}")
    if 0 <= value <= highest:
        return None
    message = f"须在 0–{highest} 之间 / must be from 0 to {highest}"
    return ResponseProblem(ProblemCode.OUT_OF_RANGE, "value", message)


def _check_choice(kind: Choice, value: str | int) -> ResponseProblem | None:
    for option in kind.options:
        if option.key == value:
            return None
    keys = ", ".join(option.key for option in kind.options)
    message = f"须为其中之一：{keys} / must be one of: {keys}"
    return ResponseProblem(ProblemCode.UNKNOWN_OPTION, "value", message)


def _check_measurement(value: str | int) -> ResponseProblem | None:
    if not isinstance(value, str):
        return _wrong_kind("文本形式的十进制数，如 12.5", 'a decimal number as text, such as "12.5"')
    if parse_decimal(value) is not None:
        return None
    message = "不是十进制数，应如 12.5 / not a decimal number such as 12.5"
    return ResponseProblem(ProblemCode.NOT_A_NUMBER, "value", message)


def _wrong_kind(zh: str, en: str) -> ResponseProblem:
    return ResponseProblem(ProblemCode.WRONG_KIND, "value", f"应为{zh} / must be {en}")


def _points(kind: Choice, value: str | int) -> int:
    return next((option.points for option in kind.options if option.key == value), 0)


def _required(when: When, failed: bool) -> bool:
    return when is When.ALWAYS or (when is When.ON_FAIL and failed)


def _has_note(response: Response) -> bool:
    return response.note is not None and not response.note.isspace() and response.note != ""
