"""The driver of every extractor: reading overlaps encoding, in a bounded queue.

`n_workers` threads encode one utterance each, alone and on one core (the libraries release the
interpreter's lock), while the caller's thread reads the next inputs. So neither the number of
threads nor the neighbors of an utterance can change a bit of its vector (reading.md F.4), and
memory does not grow with the length of a video.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.base.errors import CacheError, CheckpointError, EncodingError, SettingsError
from pipeline.base.workers import side_by_side
from pipeline.features.cache.extractor import Encoded, Item

Given = TypeVar("Given")
Vector = NDArray[np.float32]


@contextmanager
def failures_named(utterance_id: str) -> Iterator[None]:
    """Turn whatever a network or a tokenizer raises into an EncodingError that names the utterance.

    What says itself what is wrong passes, and so do errors of the system, which may pass by.
    """
    try:
        yield
    except (OSError, CacheError, CheckpointError, SettingsError):
        raise
    except Exception as error:  # libraries raise anything
        reason = str(error).strip() or "no reason given"
        raise EncodingError(
            f"{utterance_id}: the encoder failed on it: {type(error).__name__}: {reason}"
        ) from error


@dataclass(frozen=True)
class Overlapped(Generic[Given]):
    """An extractor made of a reader of inputs and an encoder of one input.

    `read` yields for each item what `embed` takes, or what is already known of the item.
    `embed` gives the (D,) vector of one input.
    """

    dim: int
    read: Callable[[Iterable[Item]], Iterator[tuple[Item, Given | Encoded]]]
    embed: Callable[[Given], Vector]
    remark: Callable[[Given], str] = lambda _: (
        ""
    )  # what is to be said of an input that has a vector

    def encode(self, items: Iterable[Item], n_workers: int = 1) -> Iterator[Encoded]:
        """Yield one `Encoded` per item (see `Extractor`)."""
        return side_by_side(self._finish, self.read(items), n_workers)

    def _finish(self, pair: tuple[Item, Given | Encoded]) -> Encoded:
        item, given = pair
        if isinstance(given, Encoded):
            return given

        with np.errstate(over="ignore"), failures_named(item.utterance.utterance_id):
            vector = self.embed(given)
        return encoded(item, vector, self.dim, self.remark(given))


def encoded(item: Item, vector: NDArray[Any], dim: int, remark: str) -> Encoded:
    """What became of an item that has a vector, which must be one of `dim` numbers."""
    utterance_id = item.utterance.utterance_id
    if vector.shape != (dim,):
        raise EncodingError(
            f"{utterance_id}: the encoder gave shape {vector.shape}, expected ({dim},)"
        )

    # NaN and infinity are no features: the utterance counts as one that gave nothing.
    with np.errstate(over="ignore"):
        vector = np.ascontiguousarray(vector, dtype=np.float32)
    if not np.isfinite(vector).all():
        n_bad = int((~np.isfinite(vector)).sum())
        return Encoded(utterance_id, None, "not_finite", f"{n_bad} of {dim} values", item.seconds)
    return Encoded(utterance_id, vector, "ok", item.remark or remark, item.seconds)
