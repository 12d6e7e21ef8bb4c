"""Tables to take along: CSV that spreadsheet programs open as it is, and XLSX. No cell of either is ever a formula."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import quote

from litestar import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from checklists.scoring.arithmetic import displayed
from inspect_api.problems import Code, Problem

Cell = str | int | Decimal | Fraction | date | None
"""A fraction is written as it is displayed: half up, one decimal."""

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WIDEST = 60


@dataclass(frozen=True)
class Sheet:
    """``name``: of the file, without its ending. ``title``: of the sheet. ``columns``: the heads."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def split_name(file: str) -> tuple[str, str]:
    """``employees.csv`` → name and kind. Problem NOT_FOUND for a kind that there is not."""
    name, _, kind = file.rpartition(".")
    if kind not in _TYPES:
        raise Problem(Code.NOT_FOUND, "没有这张表", "There is no such table")
    return name, kind


def answer(sheet: Sheet, kind: str) -> Response[bytes]:
    """The file, to be saved. ``kind``: ``csv`` or ``xlsx``."""
    content = to_csv(sheet) if kind == "csv" else to_xlsx(sheet)
    return Response(
        content,
        media_type=_TYPES[kind],
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(f'{sheet.name}.{kind}')}",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        },
    )


def to_csv(sheet: Sheet) -> bytes:
    """With a byte order mark, without which Excel reads Chinese as Latin letters.

    A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay numbers.
    """
    text = io.StringIO(newline="")
    text.write(_BOM)
    writer = csv.writer(text)
    writer.writerow([_harmless(head) for head in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_harmless(cell) if isinstance(cell, str) else _plain(cell) for cell in row])
    return text.getvalue().encode()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


def _plain(cell: Cell) -> str | int | Decimal | date:
    if cell is None:
        return ""
    return displayed(cell) if isinstance(cell, Fraction) else cell


def to_xlsx(sheet: Sheet) -> bytes:
    """One sheet, its head bold and held in place."""
    book = Workbook(write_only=True)
    page = book.create_sheet(_harmless_title(sheet.title))
    page.freeze_panes = "A2"
    for place, head in enumerate(sheet.columns, start=1):
        longest = max([_width(head), *(_width(row[place - 1]) for row in sheet.rows[:200])])
        page.column_dimensions[get_column_letter(place)].width = min(_WIDEST, longest + 2)
    heads = [_cell(page, head) for head in sheet.columns]
    for cell in heads:
        cell.font = Font(bold=True)
    page.append(heads)
    for row in sheet.rows:
        page.append([_cell(page, one) if isinstance(one, str) else _plain(one) for one in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _cell(page: Any, text: str) -> SheetCell:
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"  # a text that begins with "=" would become a formula
    return cell


def _harmless_title(title: str) -> str:
    return "".join(" " if letter in r"[]:*?/\'" else letter for letter in title)[:31].strip() or "Sheet"


def _width(cell: Cell) -> int:
    """Chinese characters are two wide."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in str(_plain(cell)))
