import pytest

from models.learner import Phase


def test_rates_are_constant_without_a_decay():
    assert [Phase("train", []).rate_factor(e, 5) for e in range(5)] == [1] * 5


def test_twenty_epochs_of_full_rate_then_eighty_of_linear_decay():
    """reading.md B.6: 1 - max(0, e + 1 - 20) / 81 for e = 0 ... 99."""
    phase = Phase("train", [], decay_after=20)
    expected = [1 - max(0, e + 1 - 20) / 81 for e in range(100)]
    assert [phase.rate_factor(e, 100) for e in range(100)] == pytest.approx(expected)


@pytest.mark.parametrize("n_epochs", [1, 19, 20, 21])
def test_a_run_about_as_short_as_the_constant_part_never_meets_a_rate_of_zero(n_epochs):
    phase = Phase("train", [], decay_after=20)
    assert all(0 < phase.rate_factor(e, n_epochs) <= 1 for e in range(n_epochs))
