"""Opens what is called present: weights that do not load, or do not fit their network, are missing.

Imports torch and all that an encoder needs, inside the functions: `doctor` asks last.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.base.records import Modality
from pipeline.features.cache.extractor import Weights
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.locating import locate_weights


def check_weights(modality: Modality, settings: Mapping[str, Any], cache: Path) -> Weights:
    """Find the weights of `features.<modality>` and build their encoder on the CPU.

    Raises CheckpointError, which says what is wrong: a file that does not load, more layers asked
    for than the network has; and SettingsError where a module of your own refuses its settings.
    """
    weights = locate_weights(modality, settings, cache)
    module = importlib.import_module(find_encoder(modality, settings["encoder"]).module)
    module.build({**settings, "precision": "float32"}, weights, "cpu")
    return weights
