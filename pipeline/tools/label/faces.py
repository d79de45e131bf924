"""Labels from faces alone, without any training of yours: `--model faces`.

What a pretrained network says of each face that crop_faces found, averaged over an utterance. It
is called what it is everywhere: no voice, no words, no conversation, nothing calibrated.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import torch

from pipeline.base.records import FaceRow, Label, Utterance
from pipeline.base.tables import read_utterances
from pipeline.conversations.index import index_utterances
from pipeline.features.encoders.face_emotions import FACE_EMOTIONS, read_face_emotions
from pipeline.features.encoders.visual import FaceEncoder
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crops import iter_crops
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.labelling import Labelled
from pipeline.tools.label.seen import face_rows, told_face
from pipeline.tools.label.table import LabelRow

NAME: Final = "faces"
ARCHIVE: Final = re.compile("[0-9a-f]{64}")
LINES: Final = (
    "these labels come from faces alone: mini-Xception, trained on FER-2013, photographs from the "
    "web that a crowd named at a glance; it hears no voice and reads no words",
    "nobody measured how often it is right on videos of people who talk: its probabilities are not "
    "calibrated, and mouths that speak look like emotions to it",
)


def label_faces(folder: Path, cache: Path, device: torch.device) -> Labelled:
    """Every utterance of a corpus that the workflow cropped faces of."""
    table, faces = folder / "utterances.csv", sorted((folder / "faces").glob("*.csv"))
    if not table.is_file() or not faces:
        raise LabelError(
            f"{folder} holds no utterances.csv with faces/: --model faces needs a corpus of videos "
            "as the workflow makes it, for example build/clips"
        )
    utterances = read_utterances(table)
    ids = [utterance.utterance_id for utterance in utterances]
    found = face_rows(folder)
    if missing := sorted(set(ids) - found.keys()):
        raise LabelError(f"{folder / 'faces'} has no row of {missing[0]}: run `snakemake` anew")

    index = index_utterances(utterances, [Label(id_, "") for id_ in ids])
    line = [utterances[row] for row in index.store_rows]
    return Labelled(list(_rows(line, found, cache, device)), FACE_EMOTIONS)


def _rows(
    utterances: list[Utterance], found: dict[str, FaceRow], cache: Path, device: torch.device
) -> Iterator[LabelRow]:
    emotions, crops = read_face_emotions(cache, device), CropCache(cache)

    for utterance in utterances:
        faces = found[utterance.utterance_id]
        shares = _shares(emotions, crops, faces) if faces.archive else ()
        label = FACE_EMOTIONS[max(range(len(shares)), key=shares.__getitem__)] if shares else ""
        yield LabelRow(
            utterance=utterance,
            end_s=_end_s(utterance, faces),
            modalities=("visual",) if shares else (),
            label=label,
            shares=shares,
            disagreement=math.nan,
            expected=(math.nan, math.nan, math.nan),
            reason="" if label else " ".join(filter(None, [faces.status, faces.remark])),
            missing={} if label else {"visual": faces.status},
            face=told_face(faces),
        )


def _shares(emotions: FaceEncoder, crops: CropCache, faces: FaceRow) -> tuple[float, ...]:
    if not ARCHIVE.fullmatch(faces.archive):
        raise LabelError(f"{faces.utterance_id}: {faces.archive[:80]!r} names no archive of crops")
    if crops.get(faces.archive) is None:
        raise LabelError(
            f"the face crops of {faces.utterance_id} are not in {crops.path(faces.archive)}: name "
            "the cache of the workflow with --cache, or run `snakemake --forcerun crop_faces`"
        )
    return tuple(map(float, emotions(iter_crops(crops.path(faces.archive)))))


def _end_s(utterance: Utterance, faces: FaceRow) -> float:
    """By its row, else by how far pictures were found; NaN: nobody knows."""
    if math.isfinite(utterance.end_s):
        return utterance.end_s
    return utterance.start_s + faces.found_s if faces.found_s > 0 else math.nan
