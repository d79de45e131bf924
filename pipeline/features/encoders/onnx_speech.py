"""`onnx:<file>` for sound: a graph from a waveform to frames, or to one vector.

First input: float32 (1, S), mono samples at 16 kHz in [-1, 1], S of any size; a second one may be
`attention_mask`, int64 (1, S). First output: (1, T, D), averaged over T, or (1, D). Utterances are
given one at a time and never padded; longer ones than `max_seconds` in equal pieces, which weigh as
many as they give frames. The shortest waveform that the graph takes is found by trying.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from pipeline.base.errors import CheckpointError
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.audio import SpeechEncoder, speech_extractor
from pipeline.features.encoders.onnx_graph import (
    FLOAT,
    Floats,
    Graph,
    is_open,
    ones_like,
    open_graph,
)
from pipeline.features.encoders.pieces import Framing
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

EXTRA = {"attention_mask": ones_like}


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.audio` for an ONNX file, which runs on the CPU."""
    graph = open_graph(weights.path, settings, FLOAT, 2, EXTRA)
    n, samples = graph.shape
    if not is_open(samples) or not (is_open(n) or n == 1):
        raise CheckpointError(
            f"{graph.path}: it takes waveforms of shape {graph.shape} alone; expected one of any "
            "length, (1, S): export it with a dynamic axis for the samples"
        )
    second = graph.probe(np.zeros((1, SAMPLE_RATE_HZ), np.float32), "a second of sound at 16 kHz")
    dim = second.shape[-1]
    field = _shortest(graph, dim)
    framing = Framing(field, 1, int(settings["max_seconds"] * SAMPLE_RATE_HZ))
    return speech_extractor(dim, SpeechEncoder(partial(_frames, graph, dim), framing))


def _frames(graph: Graph, dim: int, waveform: Waveform) -> Floats:
    """Samples (S,) -> (T, D)."""
    output = graph.run(waveform[None])
    if output.ndim not in (2, 3) or len(output) != 1 or output.shape[-1] != dim or not output.size:
        raise CheckpointError(
            f"{graph.path}: {len(waveform)} samples gave an output of shape {output.shape}; "
            f"expected (1, T, {dim}) or (1, {dim})"
        )
    return output.reshape(-1, dim)


def _shortest(graph: Graph, dim: int) -> int:
    """The least number of samples that gives a frame, by halving; a second must give one."""
    _frames(graph, dim, np.zeros(SAMPLE_RATE_HZ, np.float32))
    refused, taken = 0, SAMPLE_RATE_HZ
    while taken - refused > 1:
        middle = (refused + taken) // 2
        try:
            _frames(graph, dim, np.zeros(middle, np.float32))
            taken = middle
        except Exception:  # the library raises anything where a convolution has too little
            refused = middle
    return taken
