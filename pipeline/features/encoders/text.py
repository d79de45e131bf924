"""Text extractors: a transcript to windows of tokens, and the weighted sum of their vectors.

The mean over words of the means over their tokens is one weighted sum over tokens: a token of a
word with k tokens in a text of n words has the share 1 / (k n). So texts of any length are read
window by window, in the memory of one window. Words are what blanks separate; their tokens are
found by character offsets, which every fast tokenizer gives and which leaves the tokens as the
model was trained on (reading.md C.2).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.base.errors import EncodingError
from pipeline.base.vocabulary import Pooling
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.driver import Overlapped, Vector, failures_named

IntArray = NDArray[np.int64]
Counted = Literal[Pooling, "all"]  # all: tokens, [CLS] and [SEP] too
Cut = tuple[list[int], IntArray, tuple[int, int]]  # a window: ids, groups, tokens and unknown ones


@dataclass(frozen=True)
class TokenWindow:
    """T token ids with the model's special tokens, and the share of each in the vector."""

    ids: list[int]
    shares: NDArray[np.float32]
    n_tokens: int = 0  # that stand for a letter or digit of this window
    n_unknown: int = 0  # of them, those that the tokenizer has no entry for


@dataclass(frozen=True)
class Tokenization:
    """Cuts texts into windows. Not for two threads at once: tokenizers keep state."""

    tokenizer: Any
    passages: Callable[[str], list[str]]  # parts of a text that must not see each other
    pooling: Counted
    max_tokens: int

    def __call__(self, text: str) -> list[TokenWindow]:
        """All windows of a text; their shares sum to 1."""
        return self.several([text])[0]

    def several(self, texts: Sequence[str]) -> list[list[TokenWindow]]:
        """The windows of each of several texts, which are cut in one call."""
        passages = [self.passages(text) for text in texts]
        cut = self._cut([passage for found in passages for passage in found])
        return [self._weighed([next(cut) for _ in found]) for found in passages]

    def _weighed(self, passages: list[list[Cut]]) -> list[TokenWindow]:
        """The windows of the passages of one text, each token with its share."""
        cut: list[Cut] = []
        n_groups = 0
        for windows in passages:
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
            TokenWindow(ids, share[groups].astype(np.float32), *counts)
            for ids, groups, counts in cut
        ]

    def _cut(self, passages: list[str]) -> Iterator[list[Cut]]:
        """Yield the windows of each passage: token ids and, for each, what it counts for.

        That is its word, or itself; -1 = nothing. With each window the number of tokens that hold
        a letter or digit, and of unknown ones.
        """
        if not passages:
            return

        encoding = self.tokenizer(
            passages,
            max_length=self.max_tokens,
            truncation=True,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )

        # Windows of one passage follow each other: each row says which it is of.
        columns = ("input_ids", "offset_mapping", "special_tokens_mask")
        rows = zip(*(encoding[name] for name in columns), strict=True)
        counts = Counter(encoding["overflow_to_sample_mapping"])
        for number, passage in enumerate(passages):
            yield self._grouped(passage, islice(rows, counts[number]))

    def _grouped(self, passage: str, windows: Iterable[tuple[Any, Any, Any]]) -> list[Cut]:
        """The windows of one passage, from its token ids, offsets and special tokens."""
        words = _words_of_characters(passage)
        letters = np.cumsum([0, *map(str.isalnum, passage)])  # before each character
        found: list[Cut] = []
        n_before = 0
        for ids, offsets, special in windows:
            first, end = np.asarray(offsets).T
            groups = n_before + np.arange(len(ids))
            n_before += len(ids)
            if self.pooling == "words":
                groups = words[np.maximum(first, end - 1)]
            if self.pooling != "all":
                groups = np.where(np.asarray(special, dtype=bool), -1, groups)

            # Of the tokens with a letter or digit, how many the tokenizer knows.
            spoken = letters[end] > letters[first]
            unknown = np.equal(ids, self.tokenizer.unk_token_id) & spoken
            found.append((ids, groups, (int(spoken.sum()), int(unknown.sum()))))
        return found


@dataclass(frozen=True)
class TextEncoder:
    """Sums a model's last layers over the windows of a text, each token by its share."""

    hidden: Callable[[Tensor], Tensor]  # ids (1, T) -> (T, D) float32
    device: torch.device

    def __call__(self, windows: list[TokenWindow]) -> Vector:
        """Windows of one text -> (D,)."""
        total: NDArray[np.float64] | float = 0.0
        with torch.inference_mode():
            for window in windows:
                hidden = self.hidden(torch.tensor([window.ids], device=self.device))
                shares = torch.from_numpy(window.shares).to(self.device)
                total = total + (shares @ hidden).cpu().numpy().astype(np.float64)
        return np.asarray(total, dtype=np.float32)


Reader = Callable[[Iterable[Item]], Iterator[tuple[Item, list[TokenWindow] | Encoded]]]


def text_extractor(
    dim: int, tokenize: Tokenization, encode: TextEncoder
) -> Overlapped[list[TokenWindow]]:
    """An extractor of texts: tokens are cut in the reading thread, encoded by the workers."""
    return Overlapped(dim, text_reader(tokenize), encode, remark_on)


def text_reader(tokenize: Tokenization, together: int = 1) -> Reader:
    """The windows of texts, or why there are none; that many texts are cut in one call."""

    def read(items: Iterable[Item]) -> Iterator[tuple[Item, list[TokenWindow] | Encoded]]:
        waiting = iter(items)
        while group := list(islice(waiting, together)):
            yield from map(_told, group, _windows_of(tokenize, group))

    return read


def _windows_of(tokenize: Tokenization, items: Sequence[Item]) -> list[list[TokenWindow]]:
    """The windows of each text, none where it has no word; a failure names its text."""
    texts = [item.utterance.text for item in items]
    spoken = [text for text in texts if any(map(str.isalnum, text))]
    try:
        with failures_named(items[0].utterance.utterance_id):
            found = iter(tokenize.several(spoken))
    except EncodingError:
        if len(items) == 1:
            raise
        return [windows for item in items for windows in _windows_of(tokenize, [item])]
    return [next(found) if any(map(str.isalnum, text)) else [] for text in texts]


def _told(item: Item, windows: list[TokenWindow]) -> tuple[Item, list[TokenWindow] | Encoded]:
    """An item with its windows, or why there is nothing to encode."""
    name = item.utterance.utterance_id
    if not windows:
        return item, Encoded(name, None, "no_text")
    if 0 < _counted(windows)[0] == _counted(windows)[1]:
        return item, Encoded(name, None, "unknown_text", remark_on(windows))
    return item, windows


def _counted(windows: list[TokenWindow]) -> tuple[int, int]:
    """Tokens with a letter or digit, and the unknown ones among them."""
    n_tokens = sum(window.n_tokens for window in windows)
    return n_tokens, sum(window.n_unknown for window in windows)


def remark_on(windows: list[TokenWindow]) -> str:
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
