"""Opens what is called present: weights that do not load, or do not fit their network, are missing.

Imports torch and all that an encoder needs, inside the functions: `doctor` asks last.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.base.errors import CheckpointError
from pipeline.base.records import Modality
from pipeline.config.faces import CropFacesSettings
from pipeline.features.cache.extractor import Weights
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.locating import locate
from pipeline.media.faces import DetectorError, detector_files, open_detector


def check_weights(modality: Modality, settings: Mapping[str, Any], cache: Path) -> Weights:
    """Find the weights of `features.<modality>` and build their encoder on the CPU.

    Raises CheckpointError, which says what is wrong, and SettingsError where a setting does not fit
    the network (more layers than it has).
    """
    weights = locate(modality, settings, cache)
    module = importlib.import_module(find_encoder(modality, settings["encoder"]).module)
    module.build({**settings, "precision": "float32"}, weights, "cpu")
    return weights


def check_detector(faces: CropFacesSettings) -> Path:
    """Open the detector of faces; where its weights lie. Raises CheckpointError."""
    try:
        open_detector(
            faces.detector,
            weights=faces.weights,
            min_face_px=faces.min_face_px,
            min_confidence=faces.min_confidence,
            device="cpu",
        )
        return detector_files(faces.detector, faces.weights)[0]
    except DetectorError as error:
        raise CheckpointError(str(error)) from error
