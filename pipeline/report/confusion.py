"""Confusion matrices and per-class scores of pooled test predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Confusion:
    """Counts of target (rows) against prediction (columns), and shares within a row."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def shares(self) -> tuple[tuple[float, ...], ...]:
        """Each row divided by its sum; an empty row stays zero."""
        return tuple(tuple(c / max(sum(row), 1) for c in row) for row in self.counts)


def confusion(predictions: pd.DataFrame, kind: str, classes: Sequence[str]) -> Confusion:
    """Count pairs of target and prediction; sentiment is counted by sign, target 0 left out."""
    target, predicted = predictions["target"], predictions["predicted"]
    if kind == "regression":
        clear = target != 0
        names = {True: "positive", False: "negative"}
        target, predicted = (target[clear] > 0).map(names), (predicted[clear] > 0).map(names)
        classes = ("negative", "positive")
    pairs = pd.Series(list(zip(target.tolist(), predicted.tolist(), strict=True))).value_counts()
    counts = {key: int(value) for key, value in pairs.items()}
    return Confusion(
        tuple(classes), tuple(tuple(counts.get((t, p), 0) for p in classes) for t in classes)
    )
