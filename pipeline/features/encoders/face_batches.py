"""Faces in batches of fixed shape, for a card: pictures of any utterances beside each other.

Always `ROWS` pictures, filled up with zeros where there are no more, however many faces an
utterance has: that bounds the memory of the card.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from pipeline.features.cache.extractor import Extractor
from pipeline.features.encoders.batched import Batched
from pipeline.features.encoders.driver import Vector
from pipeline.features.encoders.torch_setup import wants_batches
from pipeline.features.encoders.visual import (
    BATCH,
    FaceEncoder,
    crops_of,
    face_extractor,
    read_archives,
)
from pipeline.media.arrays import Picture

ROWS = 128


def faces_together(dim: int, encode: FaceEncoder) -> Extractor:
    """An extractor of faces: each utterance alone on a core, all in batches on a card."""
    if not wants_batches(encode.device):
        return face_extractor(dim, encode)

    def prepare(crops: list[Picture]) -> list[Tensor]:
        return list(encode.prepare(crops))

    def run(shape: tuple[int, ...], pictures: list[Tensor]) -> Vector:
        filled = torch.zeros((ROWS, *shape))
        filled[: len(pictures)] = torch.stack(pictures)
        with torch.inference_mode():
            found = encode.embed(filled.to(device=encode.device, dtype=encode.dtype))
            vectors: Vector = found.float().cpu().numpy()[: len(pictures)]
        return vectors

    return Batched(
        dim=dim,
        read=read_archives,
        chunks=_chunks,
        prepare=prepare,
        shape_of=lambda picture: tuple(picture.shape),
        rows=lambda _: ROWS,
        run=run,
        average=lambda total, n_faces: total / n_faces,
    )


def _chunks(archive: Path) -> Iterator[list[Picture]]:
    crops = crops_of(archive)
    while chunk := list(islice(crops, BATCH)):
        yield chunk
