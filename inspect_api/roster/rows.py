"""The rows of a roster, read cell by cell; every problem of a row is found at once."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType

from inspect_api.roster import values
from inspect_api.roster.columns import Column, Header, read_header
from inspect_api.roster.problems import CellError, RowProblem

T = TypeVar("T")


class RosterRow(Struct, frozen=True):
    """One employee. UNSET: the file has no such column and what is there stays; None: the cell is empty.

    ``row``: its number in the spreadsheet. ``language``, ``post_name``, ``post_type``, ``site_name``, ``zone``: None
    says nothing, with or without the column.
    """

    row: int
    number: str
    name: str
    site: str
    employed_from: date | UnsetType = UNSET
    employed_until: date | UnsetType | None = UNSET
    post: str | UnsetType | None = UNSET
    dress_variant: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    workspaces: tuple[str, ...] | UnsetType = UNSET
    workspace_names: tuple[str, ...] = ()
    language: str | None = None
    post_name: str | None = None
    post_type: str | None = None
    site_name: str | None = None
    zone: str | None = None


class Roster(Struct, frozen=True):
    """``rows``: those that can be read, in the order of the file. ``count``: all rows below the header."""

    header: Header
    rows: list[RosterRow]
    problems: list[RowProblem]
    count: int


def read_rows(table: Sequence[tuple[int, list[str]]]) -> Roster:
    """``table``: numbered rows, the header first. Raises RosterError when the header is no roster's."""
    header = read_header(table[0][1])
    rows: list[RosterRow] = []
    problems: list[RowProblem] = []
    first_seen: dict[str, int] = {}
    for number, cells in table[1:]:
        reader = _RowReader(header, number, cells)
        row = reader.read()
        # A number counts as taken even by a bad row: else the order of mending would decide who keeps it.
        staff_number = reader.number
        if staff_number and staff_number in first_seen:
            first = first_seen[staff_number]
            reader.refuse(Column.NUMBER, f"工号与第 {first} 行重复", f"the same number as in row {first}")
        elif staff_number:
            first_seen[staff_number] = number
        problems += reader.problems
        if row is not None and not reader.problems:
            rows.append(row)
    return Roster(header, rows, problems, len(table) - 1)


class _RowReader:
    def __init__(self, header: Header, row: int, cells: Sequence[str]) -> None:
        self._header, self._row, self._cells = header, row, cells
        self.number: str | None = None
        self.problems: list[RowProblem] = []

    def refuse(self, column: Column, zh: str, en: str) -> None:
        self.problems.append(RowProblem(self._row, self._header.name_of(column), zh, en))

    def read(self) -> RosterRow | None:
        """None when a cell is wrong; ``problems`` says which."""
        if any(cell.strip() for cell in self._cells[self._header.width :]):
            zh, en = "单元格比表头多（是否缺少引号？）", "more cells than headings (is a quotation mark missing?)"
            self.problems.append(RowProblem(self._row, "", zh, en))
        self.number = self._required(Column.NUMBER, values.code)
        name = self._required(Column.NAME, values.text)
        site = self._required(Column.SITE, values.code)
        employed_from: date | UnsetType | None = UNSET
        if self._header.has(Column.EMPLOYED_FROM):
            employed_from = self._required(Column.EMPLOYED_FROM, values.day)
        row = RosterRow(
            row=self._row,
            number=self.number or "",
            name=name or "",
            site=site or "",
            employed_from=UNSET if employed_from is None else employed_from,
            employed_until=self._optional(Column.EMPLOYED_UNTIL, values.day),
            post=self._optional(Column.POST, values.code),
            dress_variant=self._optional(Column.DRESS_VARIANT, values.dress_variant),
            email=self._optional(Column.EMAIL, values.email),
            workspaces=self._workspaces(),
            workspace_names=self._cell(Column.WORKSPACE_NAMES, values.names) or (),
            language=self._cell(Column.LANGUAGE, values.language),
            post_name=self._cell(Column.POST_NAME, values.text),
            post_type=self._cell(Column.POST_TYPE, values.post_type),
            site_name=self._cell(Column.SITE_NAME, values.text),
            zone=self._cell(Column.ZONE, values.zone),
        )
        self._check_together(row)
        return None if self.problems else row

    def _check_together(self, row: RosterRow) -> None:
        if (row.post_name or row.post_type) and not row.post:
            column = Column.POST_NAME if row.post_name else Column.POST_TYPE
            self.refuse(column, "有岗位名称或类型，但没有岗位代码", "a post name or type without the code of the post")
        spaces = row.workspaces if row.workspaces is not UNSET else ()
        if row.workspace_names and len(row.workspace_names) != len(spaces):
            self.refuse(
                Column.WORKSPACE_NAMES,
                f"工位名称 {len(row.workspace_names)} 个，工位 {len(spaces)} 个",
                f"{len(row.workspace_names)} workspace names for {len(spaces)} workspaces",
            )

    def _workspaces(self) -> tuple[str, ...] | UnsetType:
        if not self._header.has(Column.WORKSPACES):
            return UNSET
        return self._cell(Column.WORKSPACES, values.codes) or ()

    def _required(self, column: Column, parse: Callable[[str], T]) -> T | None:
        before = len(self.problems)
        value = self._cell(column, parse)
        if not value and len(self.problems) == before:
            self.refuse(column, "不能为空", "must not be empty")
        return value

    def _optional(self, column: Column, parse: Callable[[str], T]) -> T | UnsetType | None:
        return self._cell(column, parse) if self._header.has(column) else UNSET

    def _cell(self, column: Column, parse: Callable[[str], T]) -> T | None:
        place = self._header.places.get(column)
        cell = self._cells[place] if place is not None and place < len(self._cells) else ""
        if not cell.strip():
            return None
        try:
            return parse(cell)
        except CellError as error:
            self.refuse(column, error.zh, error.en)
            return None
