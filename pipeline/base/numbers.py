"""Numbers as people and programs write them into tables; not all that Python's `float` takes.

`1_000` is a slip, and 1e400 a number that no double holds: read as 1000 and as infinity they would
be data that nobody wrote.
"""

import math
import re

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WORDS = re.compile(r"[+-]?(?:inf|infinity|nan)", re.IGNORECASE)


def to_number(text: str) -> float:
    """A decimal number, with sign and exponent, `inf` or `nan`; ValueError where it is none."""
    cell = text.strip()
    if _NUMBER.fullmatch(cell):
        number = float(cell)
        if math.isfinite(number):
            return number
        raise ValueError(f"{text!r} is larger than any number that is read")
    if _WORDS.fullmatch(cell):
        return float(cell)
    raise ValueError(f"{text!r} is not a number")
