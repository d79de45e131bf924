"""What a table may call a number, and what `float` takes besides."""

import math

import pytest

from pipeline.base.numbers import to_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("0", 0.0), ("-0.4775", -0.4775), ("+1.", 1.0), (".5", 0.5), (" 2e-3 ", 0.002)),
        *(("1E5", 1e5), ("1e-400", 0.0), ("-inf", -math.inf), ("Infinity", math.inf)),
    ],
)
def test_numbers(text, number):
    assert to_number(text) == number
    assert math.isnan(to_number("NaN"))


@pytest.mark.parametrize(
    "text",
    ["", "1_000", "1e400", "-9" * 2, "0x10", "0,5", "1:00", "\u0661", "1e", ".", "1 2", "9" * 400],
)
def test_what_is_no_number(text):
    with pytest.raises(ValueError, match=r"is not a number|larger than any"):
        to_number(text)
