"""Feature stores of a corpus that a network was not trained on, in the modalities that it has."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.base.errors import CheckpointError
from pipeline.base.records import Modality, Utterance
from pipeline.conversations.reading import Stores
from pipeline.features.store import FeatureStore, read_store


def read_stores_of(
    paths: Sequence[Path], utterances: Sequence[Utterance], dims: Mapping[Modality, int]
) -> Stores:
    """The stores of a network of `dims`; CheckpointError where its vectors are of other widths.

    Where nothing was found of a modality, its vectors are zeros that nobody reads.
    """
    ids = [utterance.utterance_id for utterance in utterances]
    found = {store.header.modality: store for store in (read_store(path, ids) for path in paths)}
    stores = {m: _filled(found[m], dim) for m, dim in dims.items() if m in found}

    for modality, dim in dims.items():
        if (has := stores[modality].dim if modality in stores else 0) != dim:
            raise CheckpointError(
                f"{modality}: the run was trained on vectors of {dim} numbers, those of the test "
                f"corpus have {has}: make both with the same encoder"
            )
    return stores


def _filled(store: FeatureStore, dim: int) -> FeatureStore:
    if store.dim:
        return store
    return replace(store, features=np.zeros((len(store.status), dim), np.float32))
