"""Risk against coverage, by hand and by counting."""

import numpy as np
import pytest

from pipeline.evaluation.selective import COVERAGES, risks


def test_risk_by_hand():
    """Surest first: right, wrong, right, wrong; half of them hold one error."""
    found = risks([0.6, 0.9, 0.7, 0.8], [False, True, True, False], np.array([0.25, 0.5, 0.75, 1]))
    assert found.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])


def test_risk_of_everything_is_the_share_of_errors():
    rng = np.random.default_rng(0)
    right = rng.random(997) < 0.7
    assert risks(rng.random(997), right)[-1] == pytest.approx(1 - right.mean())


def test_risk_equals_a_loop_where_coverage_is_a_whole_number_of_rows():
    rng = np.random.default_rng(1)
    sure, right = rng.random(200), rng.random(200) < 0.6
    order = sorted(range(200), key=lambda row: -sure[row])
    for coverage, risk in zip(COVERAGES, risks(sure, right), strict=True):
        answered = order[: round(coverage * 200)]
        assert risk == pytest.approx(np.mean([not right[row] for row in answered]))


def test_rows_of_equal_confidence_have_no_order():
    """A method that is equally sure of everything is as often wrong at every coverage."""
    right = [True] * 30 + [False] * 10
    assert risks([0.5] * 40, right).tolist() == pytest.approx([0.25] * len(COVERAGES))


def test_no_rows_have_no_risk():
    assert np.isnan(risks([], [])).all()
