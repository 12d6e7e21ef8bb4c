"""The columns of a roster and the headings by which they are known, in Chinese and English."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from inspect_api.roster.problems import RosterError


class Column(StrEnum):
    NUMBER = "number"
    NAME = "name"
    SITE = "site"
    SITE_NAME = "site_name"
    ZONE = "zone"
    POST = "post"
    POST_NAME = "post_name"
    POST_TYPE = "post_type"
    DRESS_VARIANT = "dress_variant"
    EMAIL = "email"
    LANGUAGE = "language"
    EMPLOYED_FROM = "employed_from"
    EMPLOYED_UNTIL = "employed_until"
    WORKSPACES = "workspaces"
    WORKSPACE_NAMES = "workspace_names"


REQUIRED = (Column.NUMBER, Column.NAME, Column.SITE)

HEADINGS: dict[Column, tuple[str, ...]] = {
    Column.NUMBER: ("工号", "员工编号", "编号", "number", "staff number", "employee number"),
    Column.NAME: ("姓名", "name"),
    Column.SITE: ("场所", "场所代码", "site", "site code"),
    Column.SITE_NAME: ("场所名称", "site name"),
    Column.ZONE: ("时区", "zone", "time zone"),
    Column.POST: ("岗位", "岗位代码", "post", "post code"),
    Column.POST_NAME: ("岗位名称", "post name"),
    Column.POST_TYPE: ("岗位类型", "post type"),
    Column.DRESS_VARIANT: ("着装", "着装款式", "dress", "dress variant"),
    Column.EMAIL: ("邮箱", "电子邮箱", "email", "e-mail"),
    Column.LANGUAGE: ("语言", "language"),
    Column.EMPLOYED_FROM: ("入职日期", "employed from"),
    Column.EMPLOYED_UNTIL: ("离职日期", "employed until"),
    Column.WORKSPACES: ("工位", "工位代码", "workspace", "workspaces", "workspace code"),
    Column.WORKSPACE_NAMES: ("工位名称", "workspace name", "workspace names"),
}

# A heading is compared without case, blanks, underscores and hyphens: "Post_Type" is "post type".
_IGNORED = re.compile(r"[\s_\-*:]+")


def _plain(heading: str) -> str:
    return _IGNORED.sub("", unicodedata.normalize("NFKC", heading)).casefold()


_BY_HEADING = {_plain(heading): column for column, names in HEADINGS.items() for heading in names}


def column_of(heading: str) -> Column | None:
    return _BY_HEADING.get(_plain(heading))


class Header(Struct, frozen=True):
    """Where each column stands in the file and what the file calls it.

    ``ignored``: headings that mean nothing here. ``width``: cells up to the last heading.
    """

    places: dict[Column, int]
    names: dict[Column, str]
    ignored: tuple[str, ...]
    width: int

    def has(self, column: Column) -> bool:
        return column in self.places

    def name_of(self, column: Column) -> str:
        """As the file calls it; a column that the file lacks has its usual heading."""
        return self.names.get(column, HEADINGS[column][0])


def read_header(cells: Sequence[str]) -> Header:
    """Raises RosterError when a required column is missing, or one is there twice."""
    places: dict[Column, int] = {}
    names: dict[Column, str] = {}
    ignored = []
    for place, cell in enumerate(cells):
        heading = cell.strip()
        column = column_of(heading)
        if column is None:
            if heading:
                ignored.append(heading[:60])
            continue
        if column in places:
            raise RosterError(
                f"列“{heading}”出现两次（另一列是“{names[column]}”）",
                f"The column {heading!r} is there twice (the other one is {names[column]!r})",
            )
        places[column], names[column] = place, heading
    if missing := [column for column in REQUIRED if column not in places]:
        zh = "、".join(HEADINGS[column][0] for column in missing)
        en = ", ".join(column.value for column in missing)
        raise RosterError(f"首行缺少列：{zh}", f"Columns are missing in the first row: {en}")
    width = max(place for place, cell in enumerate(cells) if cell.strip()) + 1
    return Header(places, names, tuple(ignored), width)
