"""How extraction on a GPU is measured: the stage with a network that is there, and single calls."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from benchmarks.gpu_inputs import RATE_HZ, Network
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders import audio, speech_batches
from pipeline.features.encoders.pieces import Framing
from pipeline.features.extraction import EncoderChoice
from pipeline.media.arrays import Waveform

CALLS_S = 1.5  # how long calls are repeated


@contextlib.contextmanager
def built_already(network: Network) -> Iterator[None]:
    """The stage takes this network instead of reading weights."""
    real = EncoderChoice.build
    EncoderChoice.build = lambda _: network.extractor  # type: ignore[method-assign]
    try:
        yield
    finally:
        EncoderChoice.build = real  # type: ignore[method-assign]


@contextlib.contextmanager
def heard_from_memory(is_on: bool) -> Iterator[None]:
    """Sound of the asked-for length comes from memory, if `is_on`."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(60 * RATE_HZ, np.float32) * np.float32(0.1)

    def read(
        items: Iterable[Item], _: int, __: Framing
    ) -> Iterator[tuple[Item, Waveform | Encoded]]:
        for item in items:
            span = item.utterance
            n_samples = round((span.end_s - span.start_s) * RATE_HZ)
            first = int(span.turn) * 997 % (len(noise) - n_samples)
            yield item, noise[first : first + n_samples].copy()

    places = (audio, speech_batches)
    real = audio.read_speech
    for place in places if is_on else ():
        place.read_speech = read
    try:
        yield
    finally:
        for place in places:
            place.read_speech = real


def per_second(call: Callable[[], object], rows: int, given: Tensor) -> float:
    """Rows a second of calls that are repeated for `CALLS_S`."""
    is_cuda = given.device.type == "cuda"
    wait = torch.cuda.synchronize if is_cuda else (lambda: None)
    for _ in range(3 if is_cuda else 1):
        call()
    wait()
    n_calls, start_s = 0, time.perf_counter()
    while not n_calls or (is_cuda and time.perf_counter() - start_s < CALLS_S):
        call()
        wait()
        n_calls += 1
    return n_calls * rows / (time.perf_counter() - start_s)


def name_of(device: torch.device) -> str:
    """The model of the GPU, or cpu."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def reset_peak(device: torch.device) -> None:
    """Give back what is held for nothing, and begin to watch for the most that is."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def peak_of(device: torch.device) -> str:
    """The most memory that the card's driver gave, in words."""
    if device.type != "cuda":
        return ""
    return f"; {torch.cuda.max_memory_reserved(device) / 1e9:.1f} GB at most"
