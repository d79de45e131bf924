"""The interface of every extractor, and what it hands back.

An extractor turns utterances into one vector each. It is built only when something is missing
from the cache, so that its module may import torch. Keys never depend on batches, order or
workers, and neither may vectors: the same bytes whatever the batch (reading.md F.4).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from pipeline.base.records import Utterance

# What each means, in words that users read: pipeline/features/statuses.py.
Status = Literal[
    "ok",
    "no_media",
    "unreadable",
    "no_stream",
    "empty_span",
    "too_short",
    "silent",
    "no_face",
    "no_text",
    "not_finite",
    "no_feature",
    "unknown_text",
    "read_error",
    "ambiguous_face",
]
STATUSES: tuple[Status, ...] = get_args(Status)
PASSING: tuple[Status, ...] = ("no_media", "read_error")  # may be otherwise the next time


# Of a span: how many it asks for, and how many of these are in the file; None: nobody knows.
Seconds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Weights:
    """A file, or a folder in the layout of the hub, and the sha256 of what counts in it."""

    path: Path
    digest: str


@dataclass(frozen=True)
class Item:
    """One utterance to encode, with what its modality needs besides the row."""

    utterance: Utterance
    media: Path | None = None  # audio: the file to decode, resolved inside the corpus root
    # audio: state of the file whose content was asked for; raises a MediaError
    confirm: Callable[[], Any] | None = None
    crops: Path | None = None  # visual: zip of JPEG face crops of this utterance
    status: Status = "ok"  # visual: what face cropping found; not "ok" = nothing to encode
    seconds: Seconds = (None, None)  # where its reader knows them
    remark: str = ""  # what its reader has to say, though there is something to encode


@dataclass(frozen=True)
class Encoded:
    """What became of one utterance: a (D,) float32 vector, or none and the reason."""

    utterance_id: str
    vector: NDArray[np.float32] | None
    status: Status
    detail: str = ""
    seconds: Seconds = (None, None)


class Extractor(Protocol):
    """Encodes utterances of one modality; constructed with its settings and device."""

    @property
    def dim(self) -> int:
        """D, the length of every vector."""

    def encode(self, items: Iterable[Item], n_workers: int = 1) -> Iterator[Encoded]:
        """Yield one `Encoded` per item, in any order, as soon as it is known.

        `n_workers` utterances are encoded side by side, each alone and on one core.
        """
