"""The driver of extractors on a device that wants many inputs at once: batches of fixed shape.

What is encoded of an utterance are parts: windows of a text, pictures of faces. A batch holds parts
of any utterances, of one shape, and always as many rows as its shape says; what is missing is
filled up. The last bits of a product depend on the shape of a batch, not on what else is in it: a
part meets the same kernels whatever comes beside it, so that neither order nor shards nor workers
count (reading.md F.4). A batch waits until it is full, or too much waits in all: memory grows
neither with the length of an utterance nor with the number of shapes.

Three things overlap: threads read and prepare parts, at most `ahead` chunks of them; the caller's
thread makes batches; the device has one batch in work and the next one waiting.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.base.errors import EncodingError, SettingsError
from pipeline.base.workers import read_ahead, side_by_side
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.driver import Vector, encoded, failures_named

Given = TypeVar("Given")
Part = TypeVar("Part")
NAMED = 3  # utterances, where a batch fails
MOST_WAITING = 1024  # parts, of all shapes together
IN_WORK = 2  # batches that the device has and nobody has taken yet


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
class BatchSize:
    """The setting that says how much goes into a batch: bytes must not depend on free memory."""

    key: str  # features.text.batch_tokens
    value: int

    @contextmanager
    def room_for(self, what: str, device: torch.device) -> Iterator[None]:
        """Turn lack of memory, also where it is the cause of an error, into `too_large`."""
        try:
            yield
        except (torch.OutOfMemoryError, EncodingError) as error:
            if torch.OutOfMemoryError not in (type(error), type(error.__cause__)):
                raise
            raise self.too_large(what, device) from error

    def too_large(self, what: str, device: torch.device) -> SettingsError:
        """An error that says what to set."""
        free, total = torch.cuda.mem_get_info(device) if device.type == "cuda" else (0, 0)
        way_out = (
            f"set it to {self.value // 2}, or end what else uses the device; features of another "
            "batch size differ in their last bits and have their own place in the cache"
            if self.value > 1
            else "no batch can be smaller: use another device, or --device cpu"
        )
        return SettingsError(
            f"{self.key}: {self.value}: {what} does not fit into the memory of {device} "
            f"({free / 1e9:.1f} of {total / 1e9:.1f} GB are free): {way_out}"
        )


Batch = list[tuple["_Open[Part]", int, Part]]


@dataclass(frozen=True)
class Batched(Generic[Given, Part]):
    """An extractor made of a reader of inputs and an encoder of batches.

    `read` may use that many threads. `chunks` cuts an input into lists of parts, which `prepare`
    makes ready, in the workers. `start` begins with at most `rows(shape)` parts of one shape; what
    it gives waits for their vectors, (n, D). `average` makes a vector of their sum and number.
    """

    dim: int
    read: Callable[[Iterable[Item], int], Iterator[tuple[Item, Given | Encoded]]]
    chunks: Callable[[Given], Iterator[list[Any]]]
    prepare: Callable[[list[Any]], Sequence[Part]]
    shape_of: Callable[[Part], Hashable]
    rows: Callable[[Any], int]
    start: Callable[[Any, list[Part]], Callable[[], Vector]]
    average: Callable[[NDArray[np.float64] | float, int], NDArray[np.float64] | float]
    size: BatchSize
    device: torch.device
    ahead: int  # chunks that are ready and wait for the device
    remark: Callable[[Given], str] = lambda _: ""

    def encode(self, items: Iterable[Item], n_workers: int = 1) -> Iterator[Encoded]:
        """Yield one `Encoded` per item (see `Extractor`)."""
        in_work: deque[tuple[Any, Batch[Part], Callable[[], Vector]]] = deque()
        prepared = side_by_side(self._ready, self._chunks(items, n_workers), n_workers)

        with read_ahead([prepared], self.ahead) as chunks:
            for found in self._batches(chunks):
                if isinstance(found, Encoded):
                    yield found
                    continue
                shape, batch = found
                with self._failures_named(shape, batch):
                    wait = self.start(shape, [part for _, _, part in batch])
                in_work.append((shape, batch, wait))
                if len(in_work) >= IN_WORK:
                    yield from self._finish(*in_work.popleft())

        while in_work:
            yield from self._finish(*in_work.popleft())

    def _batches(
        self, chunks: Iterable[_Chunk[Part]]
    ) -> Iterator[Encoded | tuple[Hashable, Batch[Part]]]:
        """Full batches as they come, with their shape, then the others; and what is known."""
        waiting: dict[Hashable, Batch[Part]] = defaultdict(list)
        n_waiting = 0
        current: _Open[Part] | None = None
        for chunk in chunks:
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
                n_waiting += 1
                if len(waiting[shape]) < self.rows(shape):
                    if n_waiting < MOST_WAITING:
                        continue
                    shape = max(waiting, key=lambda other: len(waiting[other]))
                n_waiting -= len(waiting[shape])
                yield shape, waiting.pop(shape)
        yield from waiting.items()

    def _chunks(self, items: Iterable[Item], n_workers: int) -> Iterator[_Chunk[Any]]:
        """All chunks of all items, each marked with its item."""
        for item, given in self.read(items, n_workers):
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

    @contextmanager
    def _failures_named(self, shape: Any, batch: Batch[Part]) -> Iterator[None]:
        """Errors name the first utterances of the batch; lack of memory names the setting."""
        names = list(dict.fromkeys(u.item.utterance.utterance_id for u, _, _ in batch))
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        named = failures_named(", ".join(names[:NAMED]) + more)
        what = f"a batch of {self.rows(shape)} rows of size {shape}"
        with self.size.room_for(what, self.device), np.errstate(over="ignore"), named:
            yield

    def _finish(
        self, shape: Any, batch: Batch[Part], wait: Callable[[], Vector]
    ) -> Iterator[Encoded]:
        """Take the vectors of a batch; yield the utterances that are complete by it."""
        with self._failures_named(shape, batch):
            vectors = wait()
        for (utterance, number, _), vector in zip(batch, vectors, strict=True):
            utterance.add(number, vector)
            if utterance.is_whole and utterance.n_summed == utterance.n_parts:
                mean = self.average(utterance.total, utterance.n_parts)
                yield encoded(utterance.item, np.asarray(mean), self.dim, utterance.remark)
