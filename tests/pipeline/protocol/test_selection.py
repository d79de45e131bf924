import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipeline.protocol.selection import selection_score, weighted_f1, weighted_f1_nonzero


@pytest.mark.parametrize("seed", range(20))
def test_weighted_f1_agrees_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    n_classes = int(rng.integers(2, 8))
    target, predicted = rng.integers(0, n_classes, (2, int(rng.integers(1, 60))))
    expected = f1_score(target, predicted, average="weighted", zero_division=0)
    assert weighted_f1(target, predicted) == pytest.approx(expected, abs=1e-12)


def test_weighted_f1_counts_a_class_that_was_only_predicted():
    target, predicted = np.array([0, 0, 1]), np.array([0, 2, 1])
    expected = f1_score(target, predicted, average="weighted", zero_division=0)
    assert weighted_f1(target, predicted) == pytest.approx(expected)


def test_weighted_f1_nonzero_drops_zero_targets_and_compares_signs():
    target = np.array([-1.0, 0.0, 2.0, 0.5, -0.1])
    predicted = np.array([-3.0, 5.0, 0.1, -0.2, 0.0])
    expected = f1_score([0, 1, 1, 0], [0, 1, 0, 0], average="weighted")
    assert weighted_f1_nonzero(target, predicted) == pytest.approx(expected)


def test_selection_score_reads_logits_or_values():
    logits = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0]])
    assert selection_score("classification", np.array([0, 2]), logits) == 1.0
    assert selection_score("regression", np.array([-1.0, 2.0]), np.array([[-1.0], [1.0]])) == 1.0


def test_nothing_to_score_is_an_error():
    with pytest.raises(ValueError, match="no utterance to score"):
        weighted_f1_nonzero(np.zeros(3), np.ones(3))
