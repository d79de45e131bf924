"""Text encoders of transformers, DeBERTa-large for one (reading.md C.2), and the encoder half of
T5.

Sum of the last hidden layers, sub-words averaged to words, words to the utterance. On a CPU each
text is encoded alone: matrix products of other shapes may round otherwise, so batches would change
bytes. On a card batches have fixed shapes (pipeline.features.encoders.text_batches).
`compat: gcnet` reads a text as GCNet does: lower case, cleaned words, each sub-sentence alone.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.text import TextEncoder, Tokenization, text_extractor
from pipeline.features.encoders.text_batches import TextBatches, batched_texts
from pipeline.features.encoders.torch_setup import check_precision, choose_device, wants_batches
from pipeline.features.weights.pretrained import check_layers, load_model, load_tokenizer, sum_last

DELIMITERS = re.compile(r"([ ,.!?])")
SENTENCE_ENDS = frozenset(".!?")
NOT_KEPT = re.compile(r"[^a-z0-9,.'!?]")
# RoBERTa and its kin count positions from the padding id + 1, i.e. two fewer than they have.
RESERVED_POSITIONS = 2


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.text` for a model in a local folder."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    model = load_model(weights.path, place, dtype)
    check_layers(weights.path, model, settings["last_layers"])
    tokenize = Tokenization(
        load_tokenizer(weights.path),
        passages_of(settings),
        settings["pooling"],
        longest_window(model, settings["max_tokens"]),
    )
    return extractor_of(model, tokenize, settings, settings["last_layers"], place, dtype)


def extractor_of(
    model: Any,
    tokenize: Tokenization,
    settings: Mapping[str, Any],
    last_layers: int,
    place: torch.device,
    dtype: torch.dtype | None,
) -> Extractor:
    """An extractor that sums the last layers of a model: alone on a core, in batches on a card."""
    dim: int = model.config.hidden_size
    alone = TextEncoder(partial(hidden_sum, model, last_layers), place)
    if not wants_batches(place):
        return text_extractor(dim, tokenize, alone)

    padding = getattr(model.config, "pad_token_id", None) or 0
    hidden = partial(masked_sum, model, last_layers)
    n_tokens = settings["batch_tokens"]
    batches = TextBatches(hidden, place, tokenize.max_tokens, padding, n_tokens)
    return batched_texts(dim, tokenize, batches, alone, dtype or torch.float32)


def hidden_sum(model: Any, last_layers: int, ids: Tensor) -> Tensor:
    """Token ids (1, T) -> (T, D)."""
    return sum_last(model(input_ids=ids, output_hidden_states=True).hidden_states, last_layers)[0]


def masked_sum(model: Any, last_layers: int, ids: Tensor, mask: Tensor) -> Tensor:
    """Token ids and mask (R, T), 1 where there is a token -> (R, T, D)."""
    found = model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
    return sum_last(found.hidden_states, last_layers)


def longest_window(model: Any, max_tokens: int) -> int:
    """Tokens that are read at once, special ones counted in."""
    positions: int | None = getattr(model.config, "max_position_embeddings", None)
    if positions is None or positions <= RESERVED_POSITIONS:  # XLNet says -1: any length
        return max_tokens
    return min(max_tokens, positions - RESERVED_POSITIONS)


def passages_of(settings: Mapping[str, Any]) -> Any:
    """How a transcript is cut into passages that are read apart."""
    if settings["compat"] == "gcnet":
        return gcnet_passages
    return lower_passage if settings["lower_case"] else whole_passage


def whole_passage(text: str) -> list[str]:
    """The words of the text, one blank before each."""
    return [_spaced(text.split())]


def lower_passage(text: str) -> list[str]:
    """The text in lower case: MOSI's transcripts are in capitals."""
    return whole_passage(text.lower())


def gcnet_passages(text: str) -> list[str]:
    """Sub-sentences of cleaned lower-case words (reading.md C.2, steps 1 to 3)."""
    sentences: list[list[str]] = [[]]
    for piece in DELIMITERS.split(text):
        word = piece.strip().lower()
        if word in SENTENCE_ENDS:
            sentences.append([])
        elif cleaned := NOT_KEPT.sub("", word):
            sentences[-1].append(cleaned)
    return [_spaced(words) for words in sentences if words]


def _spaced(words: list[str]) -> str:
    """Words as byte-level tokenizers see those of a running text, the first one too (C.2)."""
    return "".join(f" {word}" for word in words)
