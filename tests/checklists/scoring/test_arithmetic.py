"""Half up at display, and a stored text that comes back as the same fraction."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.scoring.arithmetic import display, displayed, from_text, long_form, to_text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(8625, 100), "86.3"),  # round(86.25, 1) is 86.2
        (Fraction(800, 9), "88.9"),
        (Fraction(8995, 100), "90.0"),
        (Fraction(8994999, 100000), "89.9"),
        (Fraction(100), "100.0"),
        (Fraction(0), "0.0"),
        (Fraction(1, 20), "0.1"),
        (Fraction(-1, 20), "-0.1"),
        (Fraction(-1, 21), "0.0"),
    ],
)
def test_display_rounds_half_up_to_one_decimal(value: Fraction, shown: str) -> None:
    assert display(value) == shown


@given(st.fractions(min_value=0, max_value=100))
def test_what_is_shown_is_the_nearest_tenth(value: Fraction) -> None:
    off_by = Fraction(displayed(value)) - value
    assert Fraction(-1, 20) < off_by <= Fraction(1, 20)


@given(st.fractions())
def test_a_fraction_survives_its_text(value: Fraction) -> None:
    assert from_text(to_text(value)) == value


@pytest.mark.parametrize(
    "text", ["", "59", "2/4", "1/0", "1/-2", "+1/2", " 1/2", "1/2\n", "-0/1", "01/2", "1.5/2", "٣/4"]
)
def test_a_text_that_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="lowest terms"):
        from_text(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1615, 18), "89.7222…"),
        (Fraction(185, 2), "92.5"),
        (Fraction(59), "59"),
        (Fraction(99999, 100000), "0.9999…"),
        (Fraction(-1, 3), "-0.3333…"),
    ],
)
def test_the_long_form_says_when_digits_are_cut(value: Fraction, text: str) -> None:
    assert long_form(value) == text
