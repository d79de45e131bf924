"""Every equation of the paper is found by its number: `grep -rn 'Eq. 9' models`."""

import re
from pathlib import Path

import pytest

MODELS = Path(__file__).resolve().parents[2] / "models"
N_EQUATIONS = 15


@pytest.mark.parametrize("number", range(1, N_EQUATIONS + 1))
def test_an_equation_is_named_where_it_is_computed(number):
    named = re.compile(rf"\bEq\. {number}\b")
    assert [path for path in MODELS.rglob("*.py") if named.search(path.read_text())]
