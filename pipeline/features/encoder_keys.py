"""What all records of one encoder share in their key: code, weights, settings, libraries."""

from collections.abc import Mapping
from typing import Any

from pipeline.base.libraries import versions_of
from pipeline.base.provenance import code_digest
from pipeline.base.records import Modality
from pipeline.features.cache.extractor import Weights
from pipeline.features.cache.keys import Ingredients
from pipeline.features.weights.catalogue import find_encoder

SCHEMA = 1


def encoder_ingredients(
    modality: Modality, settings: Mapping[str, Any], weights: Weights
) -> Ingredients:
    """What all records of one encoder share: code, weights, settings, precision, libraries."""
    encoder = find_encoder(modality, settings["encoder"])
    return {
        "schema": SCHEMA,
        "modality": modality,
        "encoder": encoder.family,
        "code": code_digest(*encoder.modules),
        "settings": {name: settings[name] for name in encoder.options},
        "precision": settings["precision"],
        "weights": weights.digest,
        "libraries": versions_of(encoder.libraries),
    }
