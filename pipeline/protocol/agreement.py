"""CCC: how far values agree with their targets, in place and in scale, not only in order.

Lin 1989, A concordance correlation coefficient to evaluate reproducibility, Biometrics 45:

    CCC = 2 cov(y, p) / (var(y) + var(p) + (mean(y) - mean(p))^2)

with moments over N as there, not N - 1. It is 1 for equal values alone, 0 for a constant
prediction, and at most Pearson's correlation in size.
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def concordance(target: NDArray[np.floating], predicted: NDArray[np.floating]) -> float:
    """CCC of (N,) values; nan where both are constant and equal, so that nothing is to be told."""
    if len(target) == 0:
        raise ValueError("no utterance to score: the role holds no label")
    y, p = target.astype(np.float64), predicted.astype(np.float64)

    if np.ptp(y) == 0 or np.ptp(p) == 0:  # rounded means would leave traces of moments
        return float("nan") if np.array_equal(y, p) else 0.0

    covariance = ((y - y.mean()) * (p - p.mean())).mean()
    spread = y.var() + p.var() + (y.mean() - p.mean()) ** 2
    return float(2 * covariance / spread) if spread > 0 else float("nan")
