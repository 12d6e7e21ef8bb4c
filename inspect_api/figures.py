"""Figures as every page and every mail shows them."""

from decimal import Decimal
from fractions import Fraction

from checklists.scoring.arithmetic import display, displayed

NOTHING = "–"
_MINUS = "\N{MINUS SIGN}"


def points(value: Fraction | None) -> str:
    """As displayed everywhere: half up, one decimal."""
    return NOTHING if value is None else display(value)


def signed(value: Decimal | Fraction | None) -> str:
    """``+1.2``, ``−0.8``, ``±0.0``."""
    if value is None:
        return NOTHING
    shown = displayed(value) if isinstance(value, Fraction) else value
    if shown == 0:
        return "±0.0"
    return f"{'+' if shown > 0 else _MINUS}{abs(shown)}"
