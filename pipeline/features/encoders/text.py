"""Text extractors: a transcript to windows of tokens, and the weighted sum of their vectors.

The mean over words of the means over their tokens is one weighted sum over tokens: a token of a
word with k tokens in a text of n words has the share 1 / (k n). So texts of any length are read
window by window, in the memory of one window. Words are what blanks separate; their tokens are
found by character offsets, which every fast tokenizer gives and which leaves the tokens as the
model was trained on (reading.md C.2).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.base.vocabulary import Pooling
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.driver import Overlapped, Vector, failures_named

IntArray = NDArray[np.int64]
Counted = Literal[Pooling, "all"]  # all: tokens, [CLS] and [SEP] too


@dataclass(frozen=True)
class Window:
    """T token ids with the model's special tokens, and the share of each in the vector."""

    ids: list[int]
    shares: NDArray[np.float32]
    n_tokens: int = 0  # that stand for a letter or digit of this window
    n_unknown: int = 0  # of them, those that the tokenizer has no entry for


@dataclass(frozen=True)
class Tokenization:
    """Cuts a text into windows. Not for two threads at once: tokenizers keep state."""

    tokenizer: Any
    passages: Callable[[str], list[str]]  # parts of a text that must not see each other
    pooling: Counted
    max_tokens: int

    def __call__(self, text: str) -> list[Window]:
        """All windows of a text; their shares sum to 1."""
        cut: list[tuple[list[int], IntArray, tuple[int, int]]] = []
        n_groups = 0
        for passage in self.passages(text):
            windows = list(self._windows(passage))
            cut += [
                (ids, np.where(groups < 0, -1, groups + n_groups), counts)
                for ids, groups, counts in windows
            ]
            n_groups += 1 + max(int(groups.max()) for _, groups, _ in windows)
        if not n_groups:
            return []

        # A word with k tokens in a text of n words: 1 / (k n) each. The last share is none.
        sizes = np.bincount(np.concatenate([groups[groups >= 0] for _, groups, _ in cut]))
        share = np.append(1 / (np.maximum(sizes, 1) * np.count_nonzero(sizes)), 0)
        return [
            Window(ids, share[groups].astype(np.float32), *counts) for ids, groups, counts in cut
        ]

    def _windows(self, passage: str) -> Iterator[tuple[list[int], IntArray, tuple[int, int]]]:
        """Yield token ids and, for each, what it counts for: its word, or itself; -1 = nothing.

        With each window the number of tokens that hold a letter or digit, and of unknown ones.
        """
        encoding = self.tokenizer(
            passage,
            max_length=self.max_tokens,
            truncation=True,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )

        words = _words_of_characters(passage)
        n_before = 0
        for ids, offsets, special in zip(
            encoding["input_ids"],
            encoding["offset_mapping"],
            encoding["special_tokens_mask"],
            strict=True,
        ):
            groups = n_before + np.arange(len(ids))
            n_before += len(ids)
            if self.pooling == "words":
                first, end = np.asarray(offsets).T
                groups = words[np.maximum(first, end - 1)]
            if self.pooling != "all":
                groups = np.where(np.asarray(special, dtype=bool), -1, groups)

            # Of the tokens with a letter or digit, how many the tokenizer knows.
            spoken = [any(map(str.isalnum, passage[first:end])) for first, end in offsets]
            unknown = np.equal(ids, self.tokenizer.unk_token_id) & spoken
            yield ids, groups, (sum(spoken), int(unknown.sum()))


@dataclass(frozen=True)
class TextEncoder:
    """Sums a model's last layers over the windows of a text, each token by its share."""

    hidden: Callable[[Tensor], Tensor]  # ids (1, T) -> (T, D) float32
    device: torch.device

    def __call__(self, windows: list[Window]) -> Vector:
        """Windows of one text -> (D,)."""
        total: NDArray[np.float64] | float = 0.0
        with torch.inference_mode():
            for window in windows:
                hidden = self.hidden(torch.tensor([window.ids], device=self.device))
                shares = torch.from_numpy(window.shares).to(self.device)
                total = total + (shares @ hidden).cpu().numpy().astype(np.float64)
        return np.asarray(total, dtype=np.float32)


Reader = Callable[[Iterable[Item]], Iterator[tuple[Item, list[Window] | Encoded]]]


def text_extractor(
    dim: int, tokenize: Tokenization, encode: TextEncoder
) -> Overlapped[list[Window]]:
    """An extractor of texts: tokens are cut in the reading thread, encoded by the workers."""
    return Overlapped(dim, text_reader(tokenize), encode, remark_on)


def text_reader(tokenize: Tokenization) -> Reader:
    """The windows of texts, or why there are none."""

    def read(items: Iterable[Item]) -> Iterator[tuple[Item, list[Window] | Encoded]]:
        for item in items:
            has_word = any(character.isalnum() for character in item.utterance.text)
            name = item.utterance.utterance_id
            with failures_named(name):
                windows = tokenize(item.utterance.text) if has_word else []
            if not windows:
                yield item, Encoded(name, None, "no_text")
            elif 0 < _counted(windows)[0] == _counted(windows)[1]:
                yield item, Encoded(name, None, "unknown_text", remark_on(windows))
            else:
                yield item, windows

    return read


def _counted(windows: list[Window]) -> tuple[int, int]:
    """Tokens with a letter or digit, and the unknown ones among them."""
    n_tokens = sum(window.n_tokens for window in windows)
    return n_tokens, sum(window.n_unknown for window in windows)


def remark_on(windows: list[Window]) -> str:
    """How many tokens the encoder does not know, "" if it knows all."""
    n_tokens, n_unknown = _counted(windows)
    return f"{n_unknown} of {n_tokens} tokens are unknown to the encoder" if n_unknown else ""


def _words_of_characters(passage: str) -> IntArray:
    """Number of the word of every character; a blank belongs to the word after it."""
    blank = np.array([character.isspace() for character in passage], dtype=bool)
    begins = ~blank & np.append(True, blank[:-1])
    number = np.cumsum(begins) - 1 + blank
    words: IntArray = np.minimum(number, begins.sum() - 1)
    return words
