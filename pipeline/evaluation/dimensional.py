"""Metrics of values on a scale (valence, arousal, dominance): how far off, and how well in step.

`ccc` is Lin's concordance (`protocol.agreement`), the score that epochs are selected by;
`correlation` is Pearson's, blind to shifts and stretches. `mean_absolute_error` and
`root_mean_squared_error` are in the units of the scale. No sign enters: 0 means nothing here.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.evaluation.sentiment import correlation
from pipeline.protocol.agreement import concordance


def dimensional_metrics(target: Sequence[float], predicted: Sequence[float]) -> dict[str, float]:
    """Every metric of one test set, by name; nan where it is not defined."""
    if not target:
        raise ValueError("no utterance to score: the test role of this fold holds no label")
    y, guess = np.asarray(target, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    error = guess - y

    return {
        "ccc": concordance(y, guess),
        "correlation": correlation(y, guess),
        "mean_absolute_error": float(np.abs(error).mean()),
        "root_mean_squared_error": float(np.sqrt(np.square(error).mean())),
    }
