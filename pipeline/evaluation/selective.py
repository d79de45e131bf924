"""Risk against coverage: how often answers are wrong if only the surest are given.

Coverage is the share of rows that are answered, risk the share of wrong ones among them (El-Yaniv
and Wiener 2010). Rows of equal confidence come in no order: their errors spread evenly over them.

Shapes: n rows, K coverages.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
COVERAGES = np.arange(1, 21) / 20  # 5 to 100 %


def risks(
    confidence: ArrayLike, is_right: ArrayLike, coverages: NDArray[np.float64] = COVERAGES
) -> Numbers:
    """(n,) confidences and whether each row is right -> (K,) risk at each coverage; nan of none."""
    sure = np.asarray(confidence, dtype=np.float64)
    if not len(sure):
        return np.full(len(coverages), np.nan)
    order = np.argsort(-sure, kind="stable")
    errors = np.cumsum(~np.asarray(is_right, dtype=bool)[order])

    is_last = np.append(np.diff(sure[order]) != 0, True)  # of rows that are equally sure
    counts = np.append(0, np.flatnonzero(is_last) + 1)
    known = np.append(0, errors[is_last])
    answered = coverages * len(sure)
    found: Numbers = np.interp(answered, counts, known) / answered
    return found
