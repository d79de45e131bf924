"""Faces in batches of fixed shape, for a card: pictures of any utterances beside each other.

Always as many pictures as the setting says, filled up with zeros where there are no more, however
many faces an utterance has: that bounds the memory of the card. Archives are read in one thread;
their JPEGs are decoded and resized in the workers; what can be done on the card is done there.
Of a network that sees clips, crops in a row, a batch holds as many whole clips as that makes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.features.cache.extractor import Encoded, Extractor, Item
from pipeline.features.encoders.batched import Batched, BatchSize
from pipeline.features.encoders.card import NetworkOnCard
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

    card = NetworkOnCard(embedded, encode.device)

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


@dataclass(frozen=True)
class FacesOfClip:
    """Prepared crops (F, ...), of which the last stands still where fewer than F were left."""

    pictures: Tensor
    n_crops: int


def clips_together(
    dim: int, encode: FaceEncoder, clips: Callable[[Tensor], Tensor], n_faces: int
) -> Extractor:
    """The same of clips (R, F, C, H, W) -> (R, D): a vector counts for every crop of its clip."""
    if not wants_batches(encode.device):
        return face_extractor(dim, encode)
    n_clips = max(1, n_faces // encode.batch)

    def embedded(pictures: Tensor, counts: Tensor) -> Tensor:
        """(R, D + 1): the sum over crops, and their number."""
        sums = clips(pictures.to(dtype=encode.dtype)).double() * counts
        return torch.cat((sums, counts.double()), dim=1)

    card = NetworkOnCard(embedded, encode.device)

    def start(shape: tuple[int, ...], given: list[FacesOfClip]) -> Callable[[], Vector]:
        batch, counts = card.room((n_clips, *shape)), card.room((n_clips, 1)).zero_()
        torch.stack([clip.pictures for clip in given], out=batch[: len(given)])
        batch[len(given) :] = 0
        counts[: len(given), 0] = torch.tensor([clip.n_crops for clip in given])
        wait = card.start(batch, counts)
        return lambda: wait()[: len(given)]

    def prepare(stored: list[Stored]) -> list[FacesOfClip]:
        pictures = encode.prepare(_decoded(stored))
        return [FacesOfClip(filled(pictures, encode.batch), len(pictures))]

    return Batched(
        dim=dim,
        read=_read,
        chunks=partial(_chunks, size=encode.batch),
        prepare=prepare,
        shape_of=lambda clip: tuple(clip.pictures.shape),
        rows=lambda _: n_clips,
        start=start,
        average=_by_number,
        size=BatchSize("features.visual.batch_faces", n_faces),
        device=encode.device,
        ahead=AHEAD,
    )


def filled(pictures: Tensor, n_frames: int) -> Tensor:
    """At most F pictures (n, ...) -> (F, ...), the last one again and again."""
    rest = pictures[-1:].expand(n_frames - len(pictures), *pictures.shape[1:])
    return torch.cat([pictures, rest])


def _by_number(total: NDArray[np.float64] | float, _: int) -> NDArray[np.float64]:
    sums = np.asarray(total)
    mean: NDArray[np.float64] = sums[:-1] / sums[-1]
    return mean


def _read(items: Iterable[Item], _: int) -> Iterator[tuple[Item, Path | Encoded]]:
    return read_archives(items)


def _chunks(archive: Path, size: int | None = None) -> Iterator[list[Stored]]:
    with missing_crops_told():
        jpegs = iter_jpegs(archive)
        while chunk := list(islice(jpegs, size or BATCH)):
            yield [(archive, name, jpeg) for name, jpeg in chunk]


def _decoded(stored: list[Stored]) -> list[Picture]:
    with missing_crops_told():
        return [decode_crop(*jpeg) for jpeg in stored]
