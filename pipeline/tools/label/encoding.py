"""Which settings encode new recordings as the recordings of the runs were encoded.

run.json holds the sections that made the features (`extraction`). They are laid over the preset,
and what this machine would make by them is held against `encoders` before anything is encoded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.base.records import MODALITIES, Modality
from pipeline.base.yunet import yunet_place
from pipeline.config.configuration import Config
from pipeline.config.feature_sets import sets_of
from pipeline.config.settings import dump
from pipeline.features.shards import choose_encoder
from pipeline.features.weights.catalogue import find_encoder
from pipeline.tools.label.corpus import IMPORTED, check_origin, warn
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.trained import TrainedRun

OF_ITS_CORPUS = "which_face"  # of crop_faces: where a speaker stands is known of a corpus alone
OLDER = (
    "run.json is of an earlier version and does not say how its features were made: the settings "
    "of the preset are taken"
)


def trained_modalities(runs: Sequence[TrainedRun]) -> tuple[Modality, ...]:
    """What any of the runs was trained on."""
    used = {modality for run in runs for modality in run.facts.modalities}
    return tuple(modality for modality in MODALITIES if modality in used)


def sections_of(runs: Sequence[TrainedRun]) -> dict[str, Any]:
    """Sections `features` and `crop_faces` that made the features of all runs; {}: unknown."""
    merged: dict[str, Any] = {}
    if any(run.facts.extraction is None for run in runs):
        warn(OLDER)

    for run in runs:
        _refuse_imported(run)
        if run.facts.extraction is None:
            continue
        for modality, section in run.facts.extraction.features.items():
            own = merged.setdefault("features", {}).setdefault(modality, section)
            _refuse_other(run, f"features.{modality}", own, section)
        if (faces := run.facts.extraction.crop_faces) is not None:
            told = {key: value for key, value in faces.items() if key != OF_ITS_CORPUS}
            own = merged.setdefault("crop_faces", told)
            _refuse_other(run, "crop_faces", own, told)
    return merged


def check_encoders(runs: Sequence[TrainedRun], config: Config, cache: Path) -> dict[str, Any]:
    """Refuse encoders that are not the runs'; the sections, with weights where they lie here.

    Raises LabelError, and CheckpointError where weights are missing.
    """
    chosen = next(iter(sets_of(config.features).values()))  # runs tell one set alone
    features, faces = dump(chosen), dump(config.crop_faces)
    detector = config.crop_faces.detector
    for modality in trained_modalities(runs):
        choice = choose_encoder(
            modality, chosen, cache, "cpu", detector if modality == "visual" else ""
        )
        header = asdict(choice.header([]))
        for run in runs:
            if run.facts.encoders is not None and modality in run.facts.modalities:
                trained = run.facts.encoders.get(modality)
                check_origin(f"{modality} features would be made with", header, trained)

        # The workflow works in another folder, where `weights/` is another one.
        encoder = find_encoder(modality, choice.settings["encoder"])
        if not encoder.wheels and encoder.own is None:
            features[modality]["weights"] = str(choice.weights.path.absolute())
    if detector == "yunet":
        faces["weights"] = str(yunet_place(faces["weights"]).absolute())
    return {"features": features, "crop_faces": faces}


def _refuse_imported(run: TrainedRun) -> None:
    imported = [m for m, origin in (run.facts.encoders or {}).items() if origin.encoder == IMPORTED]
    if imported:
        raise LabelError(
            f"{run.facts.name.in_words()} was trained on imported {' and '.join(imported)} "
            "features: how they were made is not known here, so that no recording can be encoded "
            "likewise. Import features of the recordings too, and name their build/CORPUS"
        )


def _refuse_other(
    run: TrainedRun, place: str, first: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    keys = sorted(key for key in {*first, *other} if first.get(key) != other.get(key))
    if keys:
        told = ", ".join(f"{key} {other.get(key)} and {first.get(key)}" for key in keys)
        raise LabelError(
            f"{run.facts.name.in_words()} was trained on features of other settings than a run "
            f"named before it: {place} with {told}; label by runs of one study"
        )
