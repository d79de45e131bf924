"""Balanced weights are scikit-learn's; named ones are by class; nothing else is read."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from pipeline.config.tasks import ScoredTask
from pipeline.conversations.class_weights import class_weights

CLASSES = ("low", "middle", "high")
LABELS = np.array([0, 0, 0, 0, 0, 2, 2, 1])


def weights(asked, labels=LABELS):
    return class_weights(labels, ScoredTask(classes=CLASSES, class_weights=asked))


def test_balanced_is_what_scikit_learn_says():
    known = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    np.testing.assert_allclose(weights("balanced"), known, rtol=1e-6)


def test_a_class_without_a_label_keeps_one_and_leaves_the_others_balanced():
    labels = np.array([0, 0, 0, 2])
    known = compute_class_weight("balanced", classes=np.array([0, 2]), y=labels)
    assert weights("balanced", labels).tolist() == pytest.approx([known[0], 1.0, known[1]])


def test_named_ones_are_in_the_order_of_the_classes_and_one_elsewhere():
    assert weights({"high": 4, "low": 0.5}).tolist() == [0.5, 1.0, 4.0]
    assert weights(None) is None
