"""A roster file as rows of text: CSV in the encodings that spreadsheets write, or XLSX.

What the file is, its bytes say; its name is not asked.
"""

import codecs
import csv
import io
from collections.abc import Iterator

from inspect_api.roster.columns import column_of
from inspect_api.roster.problems import RosterError
from inspect_api.roster.spreadsheet import read_spreadsheet

MAX_BYTES = 20_000_000
MAX_ROWS = 100_000
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_DELIMITERS = (",", ";", "\t")


def read_table(content: bytes) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, each with its number in the spreadsheet; the first one is the header.

    Raises RosterError when the bytes are no such file, or when it has no row.
    """
    if len(content) > MAX_BYTES:
        raise RosterError(f"文件超过 {MAX_BYTES} 字节", f"The file is larger than {MAX_BYTES} bytes")
    if content.startswith(_OLD_EXCEL):
        raise RosterError("旧版 .xls 文件无法读取，请另存为 .xlsx", "An old .xls file: please save it as .xlsx")
    numbered = enumerate(read_spreadsheet(content) if content.startswith(_ZIP) else _read_csv(content), start=1)
    table = []
    for number, row in numbered:
        if number > MAX_ROWS:
            raise RosterError(f"超过 {MAX_ROWS} 行", f"More than {MAX_ROWS} rows")
        if any(cell.strip() for cell in row):
            table.append((number, row))
    if not table:
        raise RosterError("文件是空的", "The file is empty")
    return table


def _read_csv(content: bytes) -> Iterator[list[str]]:
    text = _decode(content)
    try:
        delimiter = max(_DELIMITERS, key=lambda one: _known_headings(text, one))
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise RosterError(f"CSV 格式有错误：{error}", f"The CSV is malformed: {error}") from error


def _decode(content: bytes) -> str:
    """Chinese Excel writes CSV as GB18030 without saying so; bytes of it are hardly ever valid UTF-8 by chance."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RosterError(
        "无法识别文字编码，请保存为 UTF-8 的 CSV 或 XLSX",
        "The text encoding is not known: please save it as CSV in UTF-8, or as XLSX",
    )


def _known_headings(text: str, delimiter: str) -> int:
    """How much the first row that is not empty looks like a header with this delimiter."""
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        if any(cell.strip() for cell in row):
            return sum(column_of(cell) is not None for cell in row)
    return 0
