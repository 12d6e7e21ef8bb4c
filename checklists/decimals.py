"""Decimal numbers as people write them on a tablet."""

import re
from decimal import Decimal
from functools import lru_cache

_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


@lru_cache(maxsize=4096)
def parse_decimal(text: str) -> Decimal | None:
    """The number, or None when it is not plain decimal text of at most nine digits and six decimals.

    Exponents, signs of infinity and NaN are no measurements; a bound on the digits keeps exact fractions small.
    """
    return Decimal(text) if _DECIMAL.fullmatch(text) else None
