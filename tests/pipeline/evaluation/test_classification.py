"""Metrics of classes against hand-worked examples and scikit-learn's confusion matrix."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from pipeline.evaluation.classification import classification_metrics

CLASSES = ("happy", "sad", "neutral", "angry")


def by_hand(target, predicted):
    """Weighted F1 and mean recall from the confusion matrix, in plain arithmetic."""
    table = confusion_matrix(target, predicted, labels=CLASSES)
    support, guesses, hits = table.sum(1), table.sum(0), np.diag(table)
    f1 = np.where(support + guesses > 0, 2 * hits / np.maximum(support + guesses, 1), 0)
    recall = hits[support > 0] / support[support > 0]
    return (f1 * support).sum() / support.sum(), recall.mean(), f1


def test_equal_a_hand_worked_confusion_matrix():
    rng = np.random.default_rng(0)
    target = rng.choice(CLASSES[:3], 60).tolist()  # one class never occurs
    predicted = rng.choice(CLASSES, 60).tolist()
    metrics = classification_metrics(target, predicted, CLASSES)
    waf, recall, f1 = by_hand(target, predicted)
    assert metrics["weighted_f1"] == pytest.approx(waf)
    assert metrics["unweighted_accuracy"] == pytest.approx(recall)
    assert metrics["accuracy"] == pytest.approx(np.mean(np.array(target) == np.array(predicted)))
    assert [metrics[f"f1_{name}"] for name in CLASSES] == pytest.approx(f1.tolist())


def test_perfect_predictions_score_one():
    target = ["happy", "sad", "sad"]
    metrics = classification_metrics(target, target, CLASSES)
    assert metrics["weighted_f1"] == metrics["accuracy"] == metrics["unweighted_accuracy"] == 1
    assert metrics["f1_angry"] == 0


def test_majority_of_three_quarters_scores_what_arithmetic_says():
    target = ["sad"] * 3 + ["happy"]
    metrics = classification_metrics(target, ["sad"] * 4, CLASSES)
    assert metrics["weighted_f1"] == pytest.approx(0.75 * 2 * 0.75 / 1.75)


def test_an_empty_test_role_is_refused():
    with pytest.raises(ValueError, match="no utterance to score"):
        classification_metrics([], [], CLASSES)
