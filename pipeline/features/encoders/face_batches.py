"""Faces in batches of fixed shape, for a card: pictures of any utterances beside each other.

Always as many pictures as the setting says, filled up with zeros where there are no more, however
many faces an utterance has: that bounds the memory of the card. Archives are read in one thread;
their JPEGs are decoded and resized in the workers; what can be done on the card is done there.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from pipeline.features.cache.extractor import Encoded, Extractor, Item
from pipeline.features.encoders.batched import Batched, BatchSize
from pipeline.features.encoders.card import Card
from pipeline.features.encoders.driver import Vector
from pipeline.features.encoders.torch_setup import wants_batches
from pipeline.features.encoders.visual import (
    BATCH,
    FaceEncoder,
    face_extractor,
    missing_crops_told,
    read_archives,
)
from pipeline.features.faces.crops import decode_crop, iter_jpegs
from pipeline.media.arrays import Picture

AHEAD = 16  # chunks of at most `BATCH` pictures
Stored = tuple[Path, str, bytes]  # archive, member, JPEG


def faces_together(dim: int, encode: FaceEncoder, n_faces: int) -> Extractor:
    """An extractor of faces: each utterance alone on a core, `n_faces` at once on a card."""
    if not wants_batches(encode.device):
        return face_extractor(dim, encode)

    def embedded(prepared: Tensor) -> Tensor:
        pictures = encode.finish(prepared).to(dtype=encode.dtype)
        return encode.embed(pictures.contiguous())

    card = Card(embedded, encode.device)

    def start(shape: tuple[int, ...], prepared: list[Tensor]) -> Callable[[], Vector]:
        batch = card.room((n_faces, *shape), prepared[0].dtype)
        torch.stack(prepared, out=batch[: len(prepared)])
        batch[len(prepared) :] = 0
        wait = card.start(batch)
        return lambda: wait()[: len(prepared)]

    return Batched(
        dim=dim,
        read=_read,
        chunks=_chunks,
        prepare=lambda stored: list(encode.prepare(_decoded(stored))),
        shape_of=lambda picture: tuple(picture.shape),
        rows=lambda _: n_faces,
        start=start,
        average=lambda total, n_faces: total / n_faces,
        size=BatchSize("features.visual.batch_faces", n_faces),
        device=encode.device,
        ahead=AHEAD,
    )


def _read(items: Iterable[Item], _: int) -> Iterator[tuple[Item, Path | Encoded]]:
    return read_archives(items)


def _chunks(archive: Path) -> Iterator[list[Stored]]:
    with missing_crops_told():
        jpegs = iter_jpegs(archive)
        while chunk := list(islice(jpegs, BATCH)):
            yield [(archive, name, jpeg) for name, jpeg in chunk]


def _decoded(stored: list[Stored]) -> list[Picture]:
    with missing_crops_told():
        return [decode_crop(*jpeg) for jpeg in stored]
