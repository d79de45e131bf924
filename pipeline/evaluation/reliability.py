"""How often probabilities are right: counts by confidence, from which errors of calibration follow.

Counts of several runs add up, so that folds are judged together. The expected calibration error
(ECE) is that of ten equal bins of confidence, the probability of the label: the mean distance
between confidence and share of right ones, weighted by how many rows a bin has (Guo et al. 2017).
"""

import math
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.config.settings import Section

N_BINS: Final = 10
Z: Final = 1.959963984540054  # of the normal distribution, two-sided 95 %

Count = Annotated[int, Field(ge=0)]
Ten = Field(min_length=N_BINS, max_length=N_BINS)


class Bins(Section):
    """Of each bin of confidence: rows, the sum of their confidences, and how many are right."""

    n: Annotated[tuple[Count, ...], Ten]
    confidence: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Ten]
    n_right: Annotated[tuple[Count, ...], Ten]

    def __add__(self, other: "Bins") -> "Bins":
        return Bins(
            n=tuple(map(sum, zip(self.n, other.n, strict=True))),
            confidence=tuple(map(sum, zip(self.confidence, other.confidence, strict=True))),
            n_right=tuple(map(sum, zip(self.n_right, other.n_right, strict=True))),
        )

    @property
    def total(self) -> int:
        """Rows of all bins."""
        return sum(self.n)

    @property
    def accuracy(self) -> float:
        """Share of right ones; NaN without rows."""
        return sum(self.n_right) / self.total if self.total else math.nan

    @property
    def ece(self) -> float:
        """Expected calibration error; NaN without rows."""
        pairs = zip(self.confidence, self.n_right, strict=True)
        return (
            sum(abs(said - right) for said, right in pairs) / self.total if self.total else math.nan
        )

    def least_ece(self, n_utterances: int) -> float:
        """The ECE that chance alone gives where every confidence is exactly right.

        The rows are `n_utterances` different ones, seen several times each: a bin of m independent
        rows of confidence c is off by sqrt(2 c (1 - c) / (pi m)) on average.
        """
        if not self.total or not n_utterances:
            return math.nan
        share = n_utterances / self.total
        off = 0.0
        for n, confidence in zip(self.n, self.confidence, strict=True):
            if n:
                mean = min(confidence / n, 1.0)
                off += n * math.sqrt(2 * mean * (1 - mean) / (math.pi * max(n * share, 1)))
        return off / self.total


def bins_of(shares: NDArray[np.float64], targets: NDArray[np.int64]) -> Bins:
    """Counts of probabilities (n, C) whose highest is the label; targets (n,)."""
    confidence = shares.max(axis=1, initial=0.0)
    is_right = shares.argmax(axis=1) == targets
    bins = np.minimum((confidence * N_BINS).astype(np.int64), N_BINS - 1)
    sums = np.bincount(bins, weights=confidence, minlength=N_BINS)
    return Bins(
        n=tuple(np.bincount(bins, minlength=N_BINS).tolist()),
        confidence=tuple(round(value, 6) for value in sums.tolist()),
        n_right=tuple(np.bincount(bins[is_right], minlength=N_BINS).tolist()),
    )


def wilson(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a share that was seen in n independent trials (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    width = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    middle, scale = share + Z**2 / (2 * n), 1 + Z**2 / n
    return max(0.0, (middle - width) / scale), min(1.0, (middle + width) / scale)
