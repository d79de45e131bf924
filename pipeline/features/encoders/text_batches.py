"""Texts in batches of fixed shape, for a card: windows of any utterances beside each other.

A window is filled up to the next of a fixed set of lengths, which it alone decides, and a batch to
a fixed number of rows; the attention mask hides what is filled up. Not every network of the hub
minds a mask (some mix all tokens): each is tried when it is built, and one whose vectors change is
given one window at a time, as on a CPU.

The last row of every batch is never a window's: some networks leave a mask out that hides nothing,
and would then compute otherwise in a batch of rows that happen to be full.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from pipeline.features.cache.extractor import Encoded, Extractor, Item
from pipeline.features.encoders.batched import Batched, BatchSize
from pipeline.features.encoders.card import NetworkOnCard
from pipeline.features.encoders.driver import Vector
from pipeline.features.encoders.text import (
    TextEncoder,
    Tokenization,
    TokenWindow,
    remark_on,
    text_extractor,
    text_reader,
)

SHORTEST = 16  # tokens
CHUNK = 64  # windows of one text that are handed on at once
TOGETHER = 64  # texts whose tokens are cut in one call
AHEAD = 1024  # chunks: texts of up to 64 windows
PROBES = ("yes", "What a sunny day it was, and what are you doing now?")
NEAR = {torch.float32: 1e-4, torch.bfloat16: 0.05, torch.float16: 0.01}  # relative, of rounding


class TextBatches:
    """Sums a model's last layers over windows, many at once, each token by its share."""

    def __init__(
        self,
        hidden: Callable[[Tensor, Tensor], Tensor],
        device: torch.device,
        longest: int,
        padding: int,
        n_tokens: int,
    ) -> None:
        """Of `hidden`: ids, mask (R, T) -> (R, T, D) float32. `longest`: tokens of a window.

        `padding`: a token id. `n_tokens`: of a batch, in all its rows.
        """
        self.device, self.longest, self.n_tokens = device, longest, n_tokens
        self._padding = padding

        def summed(ids: Tensor, mask: Tensor, shares: Tensor) -> Tensor:
            return torch.bmm(shares[:, None], hidden(ids, mask))[:, 0]

        self._card = NetworkOnCard(summed, device)

    def length_of(self, window: TokenWindow) -> int:
        """Tokens that a window is filled up to."""
        length = SHORTEST
        while length < len(window.ids):
            length *= 2
        return max(min(length, self.longest), len(window.ids))

    def rows(self, length: int) -> int:
        """Windows of that length in a batch, beside the row that is nobody's."""
        return max(1, self.n_tokens // length - 1)

    def start(self, length: int, windows: list[TokenWindow]) -> Callable[[], Vector]:
        """Begin with at most `rows(length)` windows; gives (n, D)."""
        shape = (self.rows(length) + 1, length)
        ids = self._card.room(shape, torch.int64).fill_(self._padding)
        mask = self._card.room(shape, torch.int64).zero_()
        shares = self._card.room(shape).zero_()
        mask[:, 0] = 1  # a row that sees nothing at all would give NaN
        for row, window in enumerate(windows):
            n_tokens = len(window.ids)
            ids.numpy()[row, :n_tokens], mask.numpy()[row, :n_tokens] = window.ids, 1
            shares.numpy()[row, :n_tokens] = window.shares
        wait = self._card.start(ids, mask, shares)
        return lambda: wait()[: len(windows)]


def batched_texts(
    dim: int, tokenize: Tokenization, encode: TextBatches, alone: TextEncoder, dtype: torch.dtype
) -> Extractor:
    """An extractor of texts in batches; one by one where padding changes what a network says."""
    size = BatchSize("features.text.batch_tokens", encode.n_tokens)
    with size.room_for("a batch", encode.device):
        is_hidden = _hides_padding(tokenize, encode, alone, NEAR[dtype])
    if not is_hidden:
        print("note: this encoder of texts minds padding: it reads one text at a time, slowly")
        return text_extractor(dim, tokenize, alone)
    read = text_reader(tokenize, TOGETHER)

    def read_texts(
        items: Iterable[Item], _: int
    ) -> Iterator[tuple[Item, list[TokenWindow] | Encoded]]:
        return read(items)

    return Batched(
        dim=dim,
        read=read_texts,
        chunks=_chunks,
        prepare=list,
        shape_of=encode.length_of,
        rows=encode.rows,
        start=encode.start,
        average=lambda total, _: total,  # the shares of a text sum to 1
        size=size,
        device=encode.device,
        ahead=AHEAD,
        remark=remark_on,
    )


def _chunks(windows: list[TokenWindow]) -> Iterator[list[TokenWindow]]:
    for first in range(0, len(windows), CHUNK):
        yield windows[first : first + CHUNK]


def _hides_padding(
    tokenize: Tokenization, encode: TextBatches, alone: TextEncoder, tolerance: float
) -> bool:
    """Whether short texts beside each other and filled up have the vectors that they have alone."""
    windows = [tokenize(text)[:1] for text in PROBES]
    for (window,) in windows:
        length = encode.length_of(window)
        if length == len(window.ids) and length < encode.longest:
            length = min(2 * length, encode.longest)

        try:
            (found,) = encode.start(length, [window])()
        except TypeError:  # it takes no mask
            return False

        expected = alone([window])
        if not np.linalg.norm(found - expected) <= tolerance * np.linalg.norm(expected):
            return False
    return True
