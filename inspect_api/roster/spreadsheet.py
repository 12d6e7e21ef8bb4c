"""The first sheet of an XLSX file as rows of text."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import openpyxl

from inspect_api.roster.problems import RosterError

MAX_UNPACKED_BYTES = 200_000_000
MAX_COLUMNS = 200
_PADDED = re.compile(r"0+")


def read_spreadsheet(content: bytes) -> Iterator[list[str]]:
    """Rows of the first sheet. Formulas come as their text, ``=…``, and are refused where the cells are read.

    Raises RosterError for a file that is damaged, locked by a password, or unpacks to more than
    ``MAX_UNPACKED_BYTES``.
    """
    try:
        _refuse_bomb(content)
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()  # what the file claims about its size may be wrong
            for row in sheet.iter_rows(max_col=MAX_COLUMNS):
                yield [_text(cell) for cell in row]
        finally:
            workbook.close()
    except RosterError:
        raise
    except Exception as error:  # damaged bytes surface as whatever zip, XML or the library stumble over first
        raise RosterError(
            "无法读取该 XLSX 文件（可能已损坏或有密码）", "The XLSX file cannot be read (damaged, or with a password?)"
        ) from error


def _refuse_bomb(content: bytes) -> None:
    """A member never unpacks to more than the directory of the archive says: ``zipfile`` stops there."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise RosterError("文件解压后过大", "The file unpacks to too much")


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # 123 shown as 00123: the staff number is what people see.
        pattern = str(cell.number_format)
        return str(value).zfill(len(pattern)) if _PADDED.fullmatch(pattern) else str(value)
    return str(value)
