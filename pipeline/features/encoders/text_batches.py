"""Texts in batches of fixed shape, for a card: windows of any utterances beside each other.

A window is filled up to the next of a fixed set of lengths, which it alone decides, and a batch to
a fixed number of rows; the attention mask hides what is filled up. Not every network of the hub
minds a mask (some mix all tokens): each is tried when it is built, and one whose vectors change is
given one window at a time, as on a CPU.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipeline.features.cache.extractor import Extractor
from pipeline.features.encoders.batched import Batched
from pipeline.features.encoders.driver import Vector
from pipeline.features.encoders.text import (
    TextEncoder,
    Tokenization,
    Window,
    remark_on,
    text_extractor,
    text_reader,
)

SHORTEST = 16  # tokens
TOKENS = 4096  # of a batch: 256 short rows, or 8 of 512 tokens
CHUNK = 64  # windows of one text that are handed on at once
PROBES = ("yes", "What a sunny day it was, and what are you doing now?")
NEAR = {torch.float32: 1e-4, torch.bfloat16: 0.05, torch.float16: 0.01}  # relative, of rounding


@dataclass(frozen=True)
class TextBatches:
    """Sums a model's last layers over windows, many at once, each token by its share."""

    hidden: Callable[[Tensor, Tensor], Tensor]  # ids, mask (R, T) -> (R, T, D) float32
    device: torch.device
    longest: int  # tokens of a window
    padding: int  # a token id

    def length_of(self, window: Window) -> int:
        """Tokens that a window is filled up to."""
        length = SHORTEST
        while length < len(window.ids):
            length *= 2
        return max(min(length, self.longest), len(window.ids))

    def rows(self, length: int) -> int:
        """Windows of that length in a batch."""
        return max(1, TOKENS // length)

    def __call__(self, length: int, windows: list[Window]) -> Vector:
        """At most `rows(length)` windows -> (n, D)."""
        shape = (self.rows(length), length)
        ids = np.full(shape, self.padding, np.int64)
        mask = np.zeros(shape, np.int64)
        shares = np.zeros(shape, np.float32)
        mask[:, 0] = 1  # a row that sees nothing at all would give NaN
        for row, window in enumerate(windows):
            n_tokens = len(window.ids)
            ids[row, :n_tokens], mask[row, :n_tokens] = window.ids, 1
            shares[row, :n_tokens] = window.shares

        with torch.inference_mode():
            given = [torch.from_numpy(array).to(self.device) for array in (ids, mask, shares)]
            hidden = self.hidden(given[0], given[1])
            summed = torch.bmm(given[2][:, None], hidden)[:, 0]
            vectors: Vector = summed.cpu().numpy()[: len(windows)]
        return vectors


def batched_texts(
    dim: int, tokenize: Tokenization, encode: TextBatches, alone: TextEncoder, dtype: torch.dtype
) -> Extractor:
    """An extractor of texts in batches; one by one where padding changes what a network says."""
    if not _hides_padding(tokenize, encode, alone, NEAR[dtype]):
        print("note: this encoder of texts minds padding: it reads one text at a time, slowly")
        return text_extractor(dim, tokenize, alone)
    return Batched(
        dim=dim,
        read=text_reader(tokenize),
        chunks=_chunks,
        prepare=list,
        shape_of=encode.length_of,
        rows=encode.rows,
        run=encode,
        average=lambda total, _: total,  # the shares of a text sum to 1
        remark=remark_on,
    )


def _chunks(windows: list[Window]) -> Iterator[list[Window]]:
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
            (found,) = encode(length, [window])
        except TypeError:  # it takes no mask
            return False
        expected = alone([window])
        if not np.linalg.norm(found - expected) <= tolerance * np.linalg.norm(expected):
            return False
    return True
