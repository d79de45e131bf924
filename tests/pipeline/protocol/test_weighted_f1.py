import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipeline.protocol.weighted_f1 import counts_of_classes, weighted_f1, weighted_f1_of


@pytest.mark.parametrize("seed", range(40))
def test_names_numbers_and_signs_agree_with_scikit_learn_to_the_last_bit(seed):
    rng = np.random.default_rng(seed)
    n_classes = int(rng.integers(2, 30))
    target, predicted = rng.integers(0, n_classes, (2, int(rng.integers(1, 400))))
    names = np.array([f"class {n}" for n in rng.permutation(n_classes)])
    for told, said in (
        (names[target], names[predicted]),
        (target > n_classes // 2, predicted > n_classes // 2),
    ):
        expected = f1_score(told, said, average="weighted", zero_division=0)
        assert weighted_f1(told, said) == expected
    expected = f1_score(target, predicted, average="weighted", zero_division=0)
    assert weighted_f1(target, predicted) == pytest.approx(expected, abs=1e-15)


def test_a_class_that_was_only_predicted_counts_as_a_guess():
    target, predicted = np.array([0, 0, 1]), np.array([0, 2, 1])
    assert counts_of_classes(target, predicted).tolist() == [[2, 1, 0], [1, 1, 1], [1, 1, 0]]
    # class 0: 2 * 1 / (2 + 1), twice; class 1: 1, once
    assert weighted_f1(target, predicted) == pytest.approx((2 / 3 * 2 + 1) / 3)


def test_counts_without_a_target_have_no_score():
    assert np.isnan(weighted_f1_of(np.zeros((2, 3, 3)))).all()
    assert weighted_f1_of(np.ones((3, 3))) == pytest.approx(1)


def test_nothing_to_score_is_an_error():
    with pytest.raises(ValueError, match="no utterance to score"):
        weighted_f1(np.array([], dtype=str), np.array([], dtype=str))
