"""A table that can be read in a terminal and pasted into a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


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


def put_into_page(section: str, text: str) -> None:
    """Replace what stands in the page between ``<!-- section -->`` and ``<!-- end of section -->``."""
    page = PAGE.read_text("utf-8")
    first, last = f"<!-- {section} -->", f"<!-- end of {section} -->"
    before, rest = page.split(first, 1)
    PAGE.write_text(f"{before}{first}\n{text}\n{last}{rest.split(last, 1)[1]}", "utf-8")
