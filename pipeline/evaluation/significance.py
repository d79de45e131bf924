"""Is one method better than another? Paired over runs (fold x seed), corrected, with an interval.

Paired t-test and Wilcoxon's signed-rank test over the same folds and seeds; Holm's step-down
correction over the comparisons of a table; bootstrap interval over dialogues, which are the
independent units of a corpus, not utterances.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
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


def bootstrap_interval(
    dialogues: Sequence[str],
    score: Callable[[NDArray[np.int64]], float],
    rng: np.random.Generator,
    n_draws: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of `score(rows)` when whole dialogues are drawn with replacement."""
    names, membership = np.unique(np.asarray(dialogues), return_inverse=True)
    rows = [np.flatnonzero(membership == index) for index in range(len(names))]
    values = []
    for _ in range(n_draws):
        drawn = rng.integers(0, len(names), size=len(names))
        values.append(score(np.concatenate([rows[index] for index in drawn])))
    tail = (1 - level) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(low), float(high)
