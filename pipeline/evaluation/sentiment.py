"""Metrics of sentiment values in [-3, 3] (CMU-MOSI, CMU-MOSEI), conventions in the names.

`_nonzero`: utterances with target 0 are left out and signs are compared, y > 0 with prediction
> 0: the paper's WAF (reading.md A.6). `_nonnegative`: all utterances, y >= 0 with prediction >= 0.
`seven_class_accuracy`: both rounded to the nearest integer and clipped to [-3, 3].
`f1_negative`, `f1_positive`: F1 of each sign under the non-zero convention.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error

from pipeline.config.tasks import SIGNS
from pipeline.protocol.weighted_f1 import weighted_f1

Values = NDArray[np.float64]


def sentiment_metrics(target: Sequence[float], predicted: Sequence[float]) -> dict[str, float]:
    """Every metric of one test set, by name; `weighted_f1` is the non-zero one."""
    y, guess = np.asarray(target, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if not (y != 0).any():
        raise ValueError("no utterance to score: the test role holds no target other than 0")

    clear = y != 0
    return {
        "weighted_f1": weighted_f1(y[clear] > 0, guess[clear] > 0),
        **_f1_of_signs(y[clear] > 0, guess[clear] > 0),
        "weighted_f1_nonnegative": weighted_f1(y >= 0, guess >= 0),
        "binary_accuracy_nonzero": float(accuracy_score(y[clear] > 0, guess[clear] > 0)),
        "binary_accuracy_nonnegative": float(accuracy_score(y >= 0, guess >= 0)),
        "seven_class_accuracy": float(accuracy_score(seven_classes(y), seven_classes(guess))),
        "mean_absolute_error": float(mean_absolute_error(y, guess)),
        "correlation": correlation(y, guess),
    }


def correlation(target: Values, predicted: Values) -> float:
    """Pearson's correlation; nan where one side is constant, which defines none."""
    if len(target) < 2 or np.ptp(target) == 0 or np.ptp(predicted) == 0:
        return float("nan")
    return float(pearsonr(target, predicted).statistic)


def signs(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows whose target is not 0, with target and predicted as one of SIGNS."""
    clear = predictions[predictions["target"] != 0]
    names = {False: SIGNS[0], True: SIGNS[1]}
    return clear.assign(
        target=(clear["target"] > 0).map(names), predicted=(clear["predicted"] > 0).map(names)
    )


def _f1_of_signs(target: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> dict[str, float]:
    values = f1_score(target, predicted, labels=[False, True], average=None, zero_division=0)
    return {f"f1_{name}": float(value) for name, value in zip(SIGNS, values, strict=True)}


def seven_classes(values: Values) -> NDArray[np.int64]:
    """The seven classes of sentiment, -3 to 3."""
    return np.clip(np.round(values), -3, 3).astype(np.int64)
