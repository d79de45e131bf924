"""Imported features as feature stores, like those that are extracted here."""

from collections.abc import Sequence

import numpy as np

from pipeline.base.records import Modality
from pipeline.corpora.imports.imported import Imported, Vector
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import OK, FeatureStore, StoreHeader, table_digest

NO_FEATURE = STATUSES.index("no_feature")


def imported_store(imported: Imported, modality: Modality, digest: str) -> FeatureStore:
    """The vectors of a modality as a store; a modality that is absent has no dimension."""
    ids = [utterance.utterance_id for utterance in imported.utterances]
    vectors: Sequence[Vector | None] = imported.vectors.get(modality, [None] * len(ids))
    dim = next((len(vector) for vector in vectors if vector is not None), 0)
    features = np.zeros((len(ids), dim), np.float32)
    status = np.full(len(ids), NO_FEATURE, np.uint8)
    for row, vector in enumerate(vectors):
        if vector is not None:
            features[row], status[row] = vector, OK
    header = StoreHeader(table_digest(ids), modality, "imported", digest, "as given", "float32")
    return FeatureStore(header, features, status == OK, status)
