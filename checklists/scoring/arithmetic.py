"""Exact fractions, and the one rounding: half up, at display."""

import re
from decimal import Decimal
from fractions import Fraction

_TEXT = re.compile(r"(-?[0-9]+)/([1-9][0-9]*)")


def displayed(value: Fraction) -> Decimal:
    """Round half up (ties away from zero) to one decimal: 86.25 → 86.3, where ``round`` gives 86.2."""
    doubled = 20 * abs(value.numerator) + value.denominator
    tenths = doubled // (2 * value.denominator)
    return Decimal(tenths if value >= 0 else -tenths).scaleb(-1)


def display(value: Fraction) -> str:
    """The displayed text, always with its one decimal: ``"88.3"``, ``"90.0"``."""
    return str(displayed(value))


def to_text(value: Fraction) -> str:
    """The stored form, in lowest terms and always with its denominator: ``"800/9"``, ``"59/1"``."""
    return f"{value.numerator}/{value.denominator}"


def from_text(text: str) -> Fraction:
    """The fraction of its stored form. ValueError for anything that ``to_text`` would not have written."""
    match = _TEXT.fullmatch(text)
    value = Fraction(int(match[1]), int(match[2])) if match else None
    if value is None or to_text(value) != text:
        raise ValueError(f"not a fraction in lowest terms: {text!r}")
    return value


def long_form(value: Fraction) -> str:
    """At most four decimals, cut and not rounded, with an ellipsis when more follow: ``"89.7222…"``, ``"92.5"``."""
    units, rest = divmod(abs(value.numerator) * 10_000, value.denominator)
    digits = f"{units // 10_000}.{units % 10_000:04d}"
    sign = "-" if value < 0 else ""
    return sign + (digits + "…" if rest else digits.rstrip("0").rstrip("."))
