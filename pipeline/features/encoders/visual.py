"""Visual extractors: the face crops of an utterance to the mean of their vectors.

Crops of one utterance go together, in batches of `BATCH` that depend on nothing else and are read
as they are needed: memory does not grow with the number of faces.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.base.errors import CacheError
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.driver import Overlapped, Vector
from pipeline.features.faces.crops import CropsError, iter_crops
from pipeline.media.arrays import Picture

BATCH = 32


class MissingCropsError(CacheError):
    """Face crops that the table of faces names are gone from the cache, or damaged."""


@dataclass(frozen=True)
class FaceEncoder:
    """Prepares crops as a network wants them and averages what it gives."""

    prepare: Callable[[list[Picture]], Tensor]  # n crops -> (n, ...)
    embed: Callable[[Tensor], Tensor]  # (n, C, H, W) -> (n, D)
    device: torch.device
    dtype: torch.dtype | None  # of the network, None: float32
    batch: int = BATCH
    finish: Callable[[Tensor], Tensor] = lambda prepared: prepared  # (n, ...) -> (n, C, H, W)

    def __call__(self, crops: Iterable[Picture]) -> Vector:
        """Crops of one utterance, at least one -> (D,)."""
        total: NDArray[np.float64] | float = 0.0
        n_crops = 0
        waiting = iter(crops)
        with torch.inference_mode():
            while batch := list(islice(waiting, self.batch)):
                pictures = self.finish(self.prepare(batch))
                pictures = pictures.to(device=self.device, dtype=self.dtype)
                vectors = self.embed(pictures).float().cpu().numpy()
                total = total + vectors.sum(axis=0, dtype=np.float64)
                n_crops += len(batch)
        return np.asarray(total / n_crops, dtype=np.float32)


def resized(crops: list[Picture], height: int, width: int) -> Tensor:
    """RGB crops of any size -> (n, 3, H, W) in [0, 1], bilinear."""
    return to_unit(resized_bytes(crops, height, width))


def resized_bytes(crops: list[Picture], height: int, width: int) -> Tensor:
    """RGB crops of any size -> (n, H, W, 3) uint8, bilinear."""
    how = Image.Resampling.BILINEAR
    faces = [np.asarray(Image.fromarray(crop).resize((width, height), how)) for crop in crops]
    return torch.from_numpy(np.stack(faces))


def to_unit(pictures: Tensor) -> Tensor:
    """(n, H, W, 3) uint8 -> (n, 3, H, W) in [0, 1]."""
    return pictures.permute(0, 3, 1, 2).float() / 255


def face_extractor(dim: int, encode: Callable[[Iterable[Picture]], Vector]) -> Overlapped[Path]:
    """An extractor of faces; the workers read their archives themselves."""
    return Overlapped(dim, read_archives, lambda archive: encode(crops_of(archive)))


def read_archives(items: Iterable[Item]) -> Iterator[tuple[Item, Path | Encoded]]:
    """The archives of utterances that have faces; of others, why they have none."""
    for item in items:
        if item.status == "ok" and item.crops is not None:
            yield item, item.crops
        else:
            status = "no_face" if item.status == "ok" else item.status
            yield item, Encoded(item.utterance.utterance_id, None, status, "", item.seconds)


def crops_of(archive: Path) -> Iterator[Picture]:
    """The crops of an archive; raises MissingCropsError."""
    with missing_crops_told():
        yield from iter_crops(archive)


@contextmanager
def missing_crops_told() -> Iterator[None]:
    """Turn what reading an archive raises into a MissingCropsError."""
    try:
        yield
    except (FileNotFoundError, CropsError) as error:
        raise MissingCropsError(
            f"face crops have just gone from the cache, or are damaged ({error}); "
            "`snakemake` makes them again"
        ) from error
