"""Text extractors: a transcript to windows of tokens, and the weighted sum of their vectors.

The mean over words of the means over their tokens is one weighted sum over tokens: a token of a
word with k tokens in a text of n words has the share 1 / (k n). So texts of any length are read
window by window, in the memory of one window. Words are what blanks separate; their tokens are
found by character offsets, which every fast tokenizer gives and which leaves the tokens as the
model was trained on (FACTS C.2).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.features.extractor import Encoded, Item
from pipeline.features.overlap import Overlapped, Vector
from pipeline.features.torch_setup import inference

Pooling = Literal["words", "tokens", "all"]  # all: tokens, [CLS] and [SEP] too


@dataclass(frozen=True)
class Window:
    """T token ids with the model's special tokens, and the share of each in the vector."""

    ids: list[int]
    shares: list[float]


@dataclass(frozen=True)
class Tokenization:
    """Cuts a text into windows. Not for two threads at once: tokenizers keep state."""

    tokenizer: Any
    passages: Callable[[str], list[str]]  # parts of a text that must not see each other
    pooling: Pooling
    max_tokens: int

    def __call__(self, text: str) -> list[Window]:
        """All windows of a text; their shares sum to 1."""
        cut: list[tuple[list[int], list[int | None]]] = []
        n_words = 0
        for passage in self.passages(text):
            words = [match.start() for match in re.finditer(r"\S+", passage)]
            cut += list(self._windows(passage, np.asarray(words), n_words))
            n_words += len(words)
        sizes = Counter(word for _, owners in cut for word in owners if word is not None)
        return [
            Window(ids, [0.0 if word is None else 1 / sizes[word] / len(sizes) for word in owners])
            for ids, owners in cut
        ]

    def _windows(
        self, passage: str, starts: NDArray[np.int64], n_before: int
    ) -> Iterator[tuple[list[int], list[int | None]]]:
        """Yield token ids and, for each, the number of the word it counts for (None = no word)."""
        encoding = self.tokenizer(
            passage,
            max_length=self.max_tokens,
            truncation=True,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        n_tokens = n_before
        for ids, offsets, special in zip(
            encoding["input_ids"],
            encoding["offset_mapping"],
            encoding["special_tokens_mask"],
            strict=True,
        ):
            owners: list[int | None] = []
            for (first, end), is_special in zip(offsets, special, strict=True):
                n_tokens += 1
                if is_special and self.pooling != "all":
                    owners.append(None)
                elif self.pooling == "words":
                    owners.append(n_before + _word_at(passage, max(first, end - 1), starts))
                else:
                    owners.append(n_tokens)
            yield ids, owners


@dataclass(frozen=True)
class TextEncoder:
    """Sums a model's last layers over the windows of a text, each token by its share."""

    hidden: Callable[[Tensor], Tensor]  # ids (1, T) -> (T, D)
    device: torch.device
    dtype: torch.dtype | None

    def __call__(self, windows: list[Window]) -> Vector:
        """Windows of one text -> (D,)."""
        total: NDArray[np.float64] | float = 0.0
        with inference(self.device, self.dtype):
            for window in windows:
                hidden = self.hidden(torch.tensor([window.ids], device=self.device))
                shares = torch.tensor(window.shares, device=self.device)
                total = total + (shares @ hidden.float()).cpu().numpy().astype(np.float64)
        return np.asarray(total, dtype=np.float32)


def text_extractor(
    dim: int, tokenize: Tokenization, encode: TextEncoder
) -> Overlapped[list[Window]]:
    """An extractor of texts: tokens are cut in the reading thread, encoded by the workers."""

    def read(items: Iterable[Item]) -> Iterator[tuple[Item, list[Window] | Encoded]]:
        for item in items:
            has_word = any(character.isalnum() for character in item.utterance.text)
            windows = tokenize(item.utterance.text) if has_word else []
            none = Encoded(item.utterance.utterance_id, None, "no_text")
            yield item, windows or none

    return Overlapped(dim, read, encode)


def _word_at(passage: str, place: int, starts: NDArray[np.int64]) -> int:
    """The word that a character belongs to; a blank belongs to the word after it."""
    word = int(np.searchsorted(starts, place, side="right")) - 1
    if passage[place].isspace() or word < 0:
        word += 1
    return min(word, len(starts) - 1)
