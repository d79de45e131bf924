"""Optional standardisation of features by mean and deviation over the training role.

Only extracted vectors count and are changed; a feature that never varies is only centred. The
statistics travel with the weights of the run.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
PREFIX = "standardize."


@dataclass(frozen=True)
class Standardization:
    """Per modality a mean and a scale, (D,) float32 each."""

    means: Mapping[str, FloatArray]
    scales: Mapping[str, FloatArray]

    def apply(
        self, modality: str, features: FloatArray, extracted: NDArray[np.bool_]
    ) -> FloatArray:
        """(S, D) standardised copy; rows that were not extracted stay zero."""
        scaled = (features - self.means[modality]) / self.scales[modality]
        return np.where(extracted[:, None], scaled, np.float32(0))

    def arrays(self) -> dict[str, FloatArray]:
        """As named arrays, for the file of weights."""
        means = {f"{PREFIX}{name}.mean": value for name, value in self.means.items()}
        return means | {f"{PREFIX}{name}.scale": value for name, value in self.scales.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "Standardization | None":
        """What `arrays` made; None where the run did not standardise."""
        found: dict[str, dict[str, FloatArray]] = {"mean": {}, "scale": {}}
        for name, array in arrays.items():
            if name.startswith(PREFIX):
                modality, kind = name.removeprefix(PREFIX).split(".")
                found[kind][modality] = array.astype(np.float32)
        return cls(found["mean"], found["scale"]) if found["mean"] else None


def fit(features: FloatArray, extracted: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Mean and scale (D,) of the extracted rows; without any, 0 and 1."""
    rows = features[extracted].astype(np.float64)
    if not len(rows):
        n = features.shape[1]
        return np.zeros(n, np.float32), np.ones(n, np.float32)
    deviation = rows.std(axis=0)
    scale = np.where(deviation > 0, deviation, 1.0)
    return rows.mean(axis=0).astype(np.float32), scale.astype(np.float32)
