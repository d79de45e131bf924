"""Is one method better than another? Paired over runs (fold x seed), corrected.

Paired t-test and Wilcoxon's signed-rank test over the same folds and seeds; Holm's step-down
correction over the comparisons of a table. Intervals: `evaluation.bootstrap`.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats


def paired_p_values(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """Two-sided p of the paired t-test and of Wilcoxon's test; nan where none is defined."""
    first, second = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"{first.size} runs against {second.size}: pairs need the same runs")
    difference = first - second
    if difference.size < 2 or np.ptp(difference) == 0:
        return float("nan"), float("nan")
    t = float(stats.ttest_rel(first, second).pvalue)
    wilcoxon = float(stats.wilcoxon(first, second).pvalue) if difference.any() else float("nan")
    return t, wilcoxon


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction; nan stays nan and does not count as a comparison."""
    known = [index for index, p in enumerate(p_values) if not np.isnan(p)]
    ordered = sorted(known, key=lambda index: p_values[index])
    corrected = [float("nan")] * len(p_values)
    highest = 0.0
    for position, index in enumerate(ordered):
        highest = max(highest, min(1.0, (len(ordered) - position) * p_values[index]))
        corrected[index] = highest
    return corrected
