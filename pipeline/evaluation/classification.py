"""Metrics of class predictions. WAF of the paper is `weighted_f1`; all lie in [0, 1].

Conventions: a class that is never predicted counts zero; `accuracy` is weighted accuracy (WA);
`unweighted_accuracy` is the mean recall over the classes that occur (UA).
"""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, recall_score

from pipeline.protocol.weighted_f1 import weighted_f1


def classification_metrics(
    target: Sequence[str], predicted: Sequence[str], classes: Sequence[str]
) -> dict[str, float]:
    """Every metric of one test set, by name; `f1_<class>` for each class."""
    if not target:
        raise ValueError("no utterance to score: the test role of this fold holds no label")

    occurring = sorted(set(target))
    recall = recall_score(target, predicted, labels=occurring, average="macro", zero_division=0)
    per_class = f1_score(target, predicted, labels=list(classes), average=None, zero_division=0)
    return {
        "weighted_f1": weighted_f1(np.array(target), np.array(predicted)),
        "accuracy": float(accuracy_score(target, predicted)),
        "unweighted_accuracy": float(recall),
        **{f"f1_{name}": float(value) for name, value in zip(classes, per_class, strict=True)},
    }
