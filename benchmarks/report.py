"""A table that can be read in a terminal and pasted into a document."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    what: str
    value: float
    unit: str
    note: str = ""


def table(rows: Sequence[Row]) -> str:
    lines = ["| what | measured | |", "|---|---:|---|"]
    lines += [f"| {row.what} | {_number(row.value)} {row.unit} | {row.note} |" for row in rows]
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
