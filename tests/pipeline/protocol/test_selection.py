import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipeline.protocol.selection import selection_score, weighted_f1_nonzero


def test_weighted_f1_nonzero_drops_zero_targets_and_compares_signs():
    target = np.array([-1.0, 0.0, 2.0, 0.5, -0.1])
    predicted = np.array([-3.0, 5.0, 0.1, -0.2, 0.0])
    expected = f1_score([0, 1, 1, 0], [0, 1, 0, 0], average="weighted")
    assert weighted_f1_nonzero(target, predicted) == pytest.approx(expected)


def test_selection_score_reads_logits_or_values():
    logits = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0]])
    values = np.array([[-1.0], [1.0]])
    assert selection_score("classification", np.array([0, 2]), logits, "weighted_f1") == 1.0
    assert selection_score("regression", np.array([-1.0, 2.0]), values, "weighted_f1") == 1.0


def test_a_dimensional_task_is_selected_by_ccc_and_classes_by_macro_f1_if_asked():
    values = np.array([[2.0], [2.0], [5.0]])
    found = selection_score("regression", np.array([1.0, 2.0, 3.0]), values, "ccc")
    assert found == pytest.approx(6 / 11)
    logits = np.eye(3)[[0, 0, 1, 2]]
    expected = f1_score([0, 0, 0, 2], [0, 0, 1, 2], average="macro", zero_division=0)
    macro = selection_score("classification", np.array([0, 0, 0, 2]), logits, "macro_f1")
    assert macro == pytest.approx(expected)


def test_nothing_to_score_is_an_error():
    with pytest.raises(ValueError, match="no utterance to score"):
        weighted_f1_nonzero(np.zeros(3), np.ones(3))
