"""The driver of extractors on a device that wants many inputs at once: batches of fixed shape.

What is encoded of an utterance are parts: windows of a text, pictures of faces. A batch holds parts
of any utterances, of one shape, and always as many rows as its shape says; what is missing is
filled up. The last bits of a product depend on the shape of a batch, not on what else is in it: a
part meets the same kernels whatever comes beside it, so that neither order nor shards nor workers
count (reading.md F.4). A batch waits until it is full, or too much waits in all: memory grows
neither with the length of an utterance nor with the number of shapes.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.base.errors import EncodingError
from pipeline.base.workers import side_by_side
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.driver import Vector, encoded, failures_named

Given = TypeVar("Given")
Part = TypeVar("Part")
NAMED = 3  # utterances, where a batch fails
MOST_WAITING = 1024  # parts, of all shapes together


@dataclass
class _Open(Generic[Part]):
    """An utterance some of whose parts are not encoded yet; their vectors are summed in order."""

    item: Item
    remark: str
    total: NDArray[np.float64] | float = 0.0
    n_parts: int = 0  # known by now
    n_summed: int = 0
    early: dict[int, Vector] = field(default_factory=dict)  # vectors that wait for one before them
    is_whole: bool = False

    def add(self, number: int, vector: Vector) -> None:
        """Take the vector of a part, whichever comes first."""
        self.early[number] = vector
        while self.n_summed in self.early:
            self.total = self.total + self.early.pop(self.n_summed).astype(np.float64)
            self.n_summed += 1


@dataclass(frozen=True)
class _Chunk(Generic[Part]):
    """Parts of one utterance on their way; the last chunk of it says so."""

    item: Item
    parts: Sequence[Part] = ()
    is_last: bool = False
    known: Encoded | None = None  # what is known without encoding
    remark: str = ""


@dataclass(frozen=True)
class Batched(Generic[Given, Part]):
    """An extractor made of a reader of inputs and an encoder of batches.

    `chunks` cuts an input into lists of parts, which `prepare` makes ready, in the workers.
    `run` takes at most `rows(shape)` parts of one shape and gives their vectors, (n, D).
    `average` makes a vector of their sum and number.
    """

    dim: int
    read: Callable[[Iterable[Item]], Iterator[tuple[Item, Given | Encoded]]]
    chunks: Callable[[Given], Iterator[list[Any]]]
    prepare: Callable[[list[Any]], Sequence[Part]]
    shape_of: Callable[[Part], Hashable]
    rows: Callable[[Any], int]
    run: Callable[[Any, list[Part]], Vector]
    average: Callable[[NDArray[np.float64] | float, int], NDArray[np.float64] | float]
    remark: Callable[[Given], str] = lambda _: ""

    def encode(self, items: Iterable[Item], n_workers: int = 1) -> Iterator[Encoded]:
        """Yield one `Encoded` per item (see `Extractor`)."""
        waiting: dict[Hashable, list[tuple[_Open[Part], int, Part]]] = defaultdict(list)
        current: _Open[Part] | None = None
        for chunk in side_by_side(self._ready, self._chunks(items), n_workers):
            if chunk.known is not None:
                yield chunk.known
                continue

            # Chunks of an utterance follow each other; those of several do not mix.
            current = current or _Open(chunk.item, chunk.remark)
            utterance = current
            first = utterance.n_parts
            utterance.n_parts += len(chunk.parts)
            if chunk.is_last:
                utterance.is_whole, current = True, None
            for number, part in enumerate(chunk.parts, first):
                shape = self.shape_of(part)
                waiting[shape].append((utterance, number, part))
                if len(waiting[shape]) < self.rows(shape):
                    if sum(map(len, waiting.values())) < MOST_WAITING:
                        continue
                    shape = max(waiting, key=lambda other: len(waiting[other]))
                yield from self._run(shape, waiting.pop(shape))
        for shape, batch in waiting.items():
            yield from self._run(shape, batch)

    def _chunks(self, items: Iterable[Item]) -> Iterator[_Chunk[Any]]:
        """All chunks of all items, each marked with its item."""
        for item, given in self.read(items):
            if isinstance(given, Encoded):
                yield _Chunk(item, known=given)
                continue
            before: list[Any] | None = None
            remark = self.remark(given)
            for parts in self.chunks(given):
                if before is not None:
                    yield _Chunk(item, before, remark=remark)
                before = parts
            if before is None:
                raise EncodingError(f"{item.utterance.utterance_id}: there is nothing to encode")
            yield _Chunk(item, before, True, remark=remark)

    def _ready(self, chunk: _Chunk[Any]) -> _Chunk[Part]:
        if chunk.known is not None:
            return chunk
        with failures_named(chunk.item.utterance.utterance_id):
            parts = self.prepare(list(chunk.parts))
        return _Chunk(chunk.item, parts, chunk.is_last, remark=chunk.remark)

    def _run(
        self, shape: Hashable, batch: list[tuple[_Open[Part], int, Part]]
    ) -> Iterator[Encoded]:
        """Encode a batch; yield the utterances that are complete by it."""
        names = list(dict.fromkeys(u.item.utterance.utterance_id for u, _, _ in batch))
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        with np.errstate(over="ignore"), failures_named(", ".join(names[:NAMED]) + more):
            vectors = self.run(shape, [part for _, _, part in batch])
        for (utterance, number, _), vector in zip(batch, vectors, strict=True):
            utterance.add(number, vector)
            if utterance.is_whole and utterance.n_summed == utterance.n_parts:
                mean = self.average(utterance.total, utterance.n_parts)
                yield encoded(utterance.item, np.asarray(mean), self.dim, utterance.remark)
