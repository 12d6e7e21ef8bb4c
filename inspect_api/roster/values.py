"""What a cell says. Each function takes the text of a cell that is not empty and raises CellError."""

import re
import unicodedata
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from checklists.tables import Language
from checklists.template import DressVariant, PostType
from inspect_api.mail.addresses import usable
from inspect_api.roster.problems import CellError

MAX_TEXT = 100
MAX_CODE = 40
# A spreadsheet takes such a beginning for a formula when the value comes back in an export.
_FORMULA = ("=", "+", "-", "@")
_DATE = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))(?:[T ]0?0:00(?::00)?)?"
)
_BETWEEN_CODES = re.compile(r"[\s,;、，；]+")
_BETWEEN_NAMES = re.compile(r"\s*[,;、，；\n]\s*")

_POST_TYPES = {
    "前台": PostType.FRONT_DESK,
    "窗口": PostType.WINDOW_CLERK,
    "收银": PostType.CASHIER,
    "保安": PostType.SECURITY_GUARD,
    "礼仪岗": PostType.CEREMONIAL_POST,
    "交通岗": PostType.TRAFFIC_POST,
    "办公室": PostType.OFFICE_STAFF,
}
_DRESS_VARIANTS = {"裤装": DressVariant.TROUSERS, "裙装": DressVariant.SKIRT}
_LANGUAGES = {
    "中文": Language.CHINESE,
    "汉语": Language.CHINESE,
    "chinese": Language.CHINESE,
    "英文": Language.ENGLISH,
    "英语": Language.ENGLISH,
    "english": Language.ENGLISH,
}


def text(cell: str) -> str:
    """A name, as it is written."""
    value = " ".join(cell.split())
    if len(value) > MAX_TEXT:
        raise CellError(f"超过 {MAX_TEXT} 个字符", f"longer than {MAX_TEXT} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise CellError("含有控制字符", "has a control character in it")
    if value.startswith(_FORMULA):
        raise CellError(
            f"不能以 {value[0]} 开头（表格软件会当作公式），请粘贴为数值",
            f"begins with {value[0]}, which spreadsheets take for a formula: paste it as a value",
        )
    return value


def code(cell: str) -> str:
    """A staff number or a code: full-width characters count as the plain ones."""
    value = text(unicodedata.normalize("NFKC", cell))
    if len(value) > MAX_CODE:
        raise CellError(f"超过 {MAX_CODE} 个字符", f"longer than {MAX_CODE} characters")
    return value


def codes(cell: str) -> tuple[str, ...]:
    """Codes apart by a blank, comma, semicolon or ``、``; the same one twice counts once."""
    return tuple(dict.fromkeys(code(part) for part in _BETWEEN_CODES.split(cell) if part))


def names(cell: str) -> tuple[str, ...]:
    return tuple(text(part) for part in _BETWEEN_NAMES.split(cell) if part.strip())


def day(cell: str) -> date:
    """Year first: ``2026-01-05``, ``2026/1/5``, ``2026.1.5``, ``2026年1月5日``, ``20260105``; the rest is a guess."""
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", cell.strip()))
    if match:
        numbers = [int(part) for part in match.groups() if part and part.isdigit()]
        try:
            return date(*numbers)
        except ValueError:
            raise CellError(f"没有这一天：{cell.strip()}", f"there is no such day: {cell.strip()}") from None
    raise CellError(
        f"不是日期：{_short(cell)}，请写成 2026-01-05", f"not a date: {_short(cell)}, write it as 2026-01-05"
    )


def post_type(cell: str) -> str:
    value = cell.strip()
    if value in _POST_TYPES:
        return _POST_TYPES[value].value
    try:
        return PostType(_plain(value)).value
    except ValueError:
        raise CellError(
            f"未知岗位类型：{_short(value)}，可用：{'、'.join(_POST_TYPES)}",
            f"unknown post type: {_short(value)}, there are: {', '.join(PostType)}",
        ) from None


def dress_variant(cell: str) -> str:
    value = cell.strip()
    if value in _DRESS_VARIANTS:
        return _DRESS_VARIANTS[value].value
    try:
        return DressVariant(_plain(value)).value
    except ValueError:
        raise CellError(
            f"未知着装：{_short(value)}，可用：{'、'.join(_DRESS_VARIANTS)}",
            f"unknown dress variant: {_short(value)}, there are: {', '.join(DressVariant)}",
        ) from None


def language(cell: str) -> str:
    value = cell.strip().casefold()
    if value in _LANGUAGES:
        return _LANGUAGES[value].value
    if value in tuple(Language):
        return value
    raise CellError(
        f"未知语言：{_short(cell)}，可用：中文、英文", f"unknown language: {_short(cell)}, there are: zh, en"
    )


def email(cell: str) -> str:
    value = text(unicodedata.normalize("NFKC", cell))
    if not usable(value):
        raise CellError(f"不是邮箱地址：{_short(value)}", f"not a mail address: {_short(value)}")
    return value


def zone(cell: str) -> str:
    value = cell.strip()
    if value not in _zones():
        raise CellError(
            f"未知时区：{_short(value)}，例如 Asia/Shanghai",
            f"unknown time zone: {_short(value)}, such as Asia/Shanghai",
        )
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _plain(value: str) -> str:
    return re.sub(r"[\s-]+", "_", value.casefold())


def _short(value: str) -> str:
    stripped = " ".join(value.split())
    return stripped if len(stripped) <= 40 else stripped[:39] + "…"
