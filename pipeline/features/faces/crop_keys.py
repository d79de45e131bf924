"""What decides the face crops of an utterance: their digest names the archive in the cache."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pipeline.base.errors import SettingsError
from pipeline.base.files import canonical_json, text_digest
from pipeline.base.libraries import DETECTORS, versions_of
from pipeline.base.provenance import code_digest
from pipeline.base.records import Utterance
from pipeline.base.vocabulary import WhichFace
from pipeline.config.faces import CropFacesSettings, detector_module
from pipeline.config.settings import dump
from pipeline.features.faces.utterance_crops import CropJob
from pipeline.media.detectors import detector_digest

SCHEMA = 1
CROPPING = "pipeline.features.faces.cropping"  # with what it imports, all code that decides crops


def crop_jobs(
    utterances: Sequence[Utterance],
    media: Mapping[str, Any],
    settings: CropFacesSettings,
    which_face: WhichFace,
) -> dict[str, CropJob]:
    """Utterance id -> its job; a file without a digest was not there when the corpus was read."""
    ingredients = crop_ingredients(utterances, media, settings, which_face)
    return {
        # Short keys: the ingredients name a file, a span and all settings.
        utterance.utterance_id: CropJob(
            text_digest(canonical_json(ingredients[utterance.utterance_id])),
            utterance.start_s,
            utterance.end_s,
            ingredients[utterance.utterance_id]["region"],
        )
        for utterance in utterances
        if utterance.utterance_id in ingredients
    }


def crop_ingredients(
    utterances: Sequence[Utterance],
    media: Mapping[str, Any],
    settings: CropFacesSettings,
    which_face: WhichFace,
) -> dict[str, dict[str, Any]]:
    """Utterance id -> all that decides its crops; their digest is the key of the archive."""
    # Where the weights lie does not count, what they are does.
    shared = {
        "schema": SCHEMA,
        "code": code_digest(CROPPING, detector_module(settings.detector)),
        "settings": {**dump(settings), "weights": None, "which_face": which_face},
        "detector": detector_digest(settings.detector, settings.weights),
        "libraries": versions_of(DETECTORS[settings.detector]),
    }
    return {
        utterance.utterance_id: {
            **shared,
            "media": media[utterance.media]["sha256"],
            "start_s": utterance.start_s,
            "end_s": None if math.isinf(utterance.end_s) else utterance.end_s,
            # Of a picture that is searched whole, it does not matter where the speaker sits.
            "region": utterance.region if which_face == "side" else "full",
        }
        for utterance in utterances
        if utterance.media in media
    }


def chosen_face(name: str) -> WhichFace:
    """Whose face is cropped; `auto` is settled by who plans the workflow."""
    for known in get_args(WhichFace):
        if name == known:
            return known  # type: ignore[no-any-return]
    raise SettingsError(
        f"crop_faces.which_face={name!r}: this stage needs one of {get_args(WhichFace)}; the "
        "workflow puts the one that fits the corpus in the place of 'auto'"
    )
