"""The stored form of a week's score: canonical JSON, so that equal scores are equal bytes.

Object keys are sorted, there is no white space, a fraction is its text in lowest terms (``"800/9"``).
"""

from fractions import Fraction
from typing import Any

import msgspec

from checklists.scoring.arithmetic import from_text, to_text
from checklists.scoring.week import WeekScore


def _encode(value: Any) -> str:
    if isinstance(value, Fraction):
        return to_text(value)
    raise NotImplementedError(f"a score holds no {type(value).__name__}")


def _decode(kind: type, value: Any) -> Fraction:
    if kind is Fraction and isinstance(value, str):
        return from_text(value)
    raise ValueError("a fraction is a text like 800/9")


_ENCODER = msgspec.json.Encoder(enc_hook=_encode, order="sorted")
_DECODER = msgspec.json.Decoder(WeekScore, dec_hook=_decode)


def to_json(score: WeekScore) -> bytes:
    return _ENCODER.encode(score)


def from_json(stored: bytes | str) -> WeekScore:
    """msgspec.ValidationError for anything that is not a stored score."""
    return _DECODER.decode(stored)
