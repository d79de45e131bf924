"""Is one method better than another? Paired over runs (fold x seed), corrected.

Training sets of folds overlap, so runs are not independent, and a plain paired t-test finds too
much. Its variance is corrected as Nadeau and Bengio do (2003, Machine Learning 52, section 3):
1/J + n2/n1 in the place of 1/J, with J runs, n2 test and n1 training dialogues. Wilcoxon's
signed-rank test has no such correction. Holm's step-down over the comparisons of a table.
Intervals: `evaluation.bootstrap`.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats


def paired_p_values(
    ours: Sequence[float], theirs: Sequence[float], test_to_train: float
) -> tuple[float, float]:
    """Two-sided p of the corrected resampled t-test and of Wilcoxon's; nan where none is defined.

    `test_to_train`: test dialogues over training dialogues of a run, n2/n1.
    """
    first, second = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"{first.size} runs against {second.size}: pairs need the same runs")

    difference = first - second
    if difference.size < 2 or np.ptp(difference) == 0:
        return float("nan"), float("nan")

    n = difference.size
    spread = np.sqrt((1 / n + test_to_train) * difference.var(ddof=1))
    t = float(2 * stats.t.sf(abs(difference.mean()) / spread, n - 1))
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
