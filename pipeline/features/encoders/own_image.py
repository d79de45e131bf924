"""An encoder of your own for faces: n crops (H, W, 3) uint8 RGB -> (n, D), averaged."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.driver import Vector
from pipeline.features.encoders.own import Twice, checked_vectors, own_encoding
from pipeline.features.encoders.torch_setup import check_precision, choose_device, inference
from pipeline.features.encoders.visual import BATCH, face_extractor
from pipeline.media.arrays import Picture


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.visual` for a module outside this repository."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    encoding = own_encoding("visual", settings, weights, place.type)

    def average(crops: Iterable[Picture]) -> Vector:
        total, n_crops, waiting = np.zeros(encoding.dim), 0, iter(crops)
        with inference(place, dtype):
            while batch := list(islice(waiting, BATCH)):
                found = encoding.encode([crop.copy() for crop in batch])  # theirs to change
                rows = checked_vectors(found, len(batch), encoding, "visual", settings["encoder"])
                total += rows.sum(axis=0)
                n_crops += len(batch)
        mean: NDArray[np.float32] = (total / n_crops).astype(np.float32)
        return mean

    inner = face_extractor(encoding.dim, average)
    return Twice(inner, __name__, "visual", settings, weights, device)
