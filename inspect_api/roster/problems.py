"""What can be wrong with a roster: the whole file, or one cell of one row."""

from msgspec import Struct


class RosterError(Exception):
    """The file cannot be read as a roster at all; nothing of it was written."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class RowProblem(Struct, frozen=True):
    """``row``: as the spreadsheet numbers it, the header being row 1. ``column``: as the file names it."""

    row: int
    column: str
    zh: str
    en: str


class CellError(ValueError):
    """A cell that does not say what its column needs."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
