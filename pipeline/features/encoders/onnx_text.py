"""`onnx:<file>` for text: a graph from token ids to vectors, with the tokenizer.json beside it.

First input: int64 (1, T), token ids; further ones may be `attention_mask` (ones) and
`token_type_ids` (zeros). First output: (1, T, D), pooled as `hf:` models are, or (1, D). Longer
texts than `max_tokens` are read in windows.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.base.errors import CheckpointError
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.hf_text import passages_of
from pipeline.features.encoders.onnx_graph import INTEGER, Extra, Graph, ones_like, open_graph
from pipeline.features.encoders.text import TextEncoder, Tokenization, text_extractor
from pipeline.features.weights.pretrained import read_tokenizer

EXTRA: Extra = {"attention_mask": ones_like, "token_type_ids": np.zeros_like}


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.text` for an ONNX file, which runs on the CPU."""
    graph = open_graph(weights.path, settings, INTEGER, 2, EXTRA)
    n_tokens = settings["max_tokens"]
    tried = graph.probe(
        np.zeros((1, n_tokens), np.int64),
        f"{n_tokens} tokens (features.text.max_tokens; set it to what the network was made for)",
    )
    tokenizer = read_tokenizer(weights.path.with_name("tokenizer.json"))
    tokenize = Tokenization(tokenizer, passages_of(settings), settings["pooling"], n_tokens)
    encode = TextEncoder(partial(_hidden, graph), torch.device("cpu"))
    return text_extractor(tried.shape[-1], tokenize, encode)


def _hidden(graph: Graph, ids: Tensor) -> Tensor:
    """Token ids (1, T) -> (T, D); a vector of the whole text stands for each of its tokens."""
    output = torch.from_numpy(graph.run(ids.numpy()))
    n_tokens = ids.shape[1]
    shapes = ((1, n_tokens), (1,))
    if output.dim() not in (2, 3) or tuple(output.shape[:-1]) not in shapes:
        raise CheckpointError(
            f"{graph.path}: {n_tokens} tokens gave an output of shape {tuple(output.shape)}; "
            "expected (1, T, D) or (1, D)"
        )
    return output[0] if output.dim() == 3 else output.expand(n_tokens, -1)
