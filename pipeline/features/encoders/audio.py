"""Audio extractors: the span of a file to the mean of its frames.

Waveforms are mono float32 in [-1, 1] at 16 kHz. Each is encoded alone and never padded: group
norms see the whole utterance (reading.md F.4). Long ones go in pieces that give every frame once.
On a card they go together (pipeline.features.encoders.speech_batches).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.driver import Overlapped, Vector
from pipeline.features.encoders.pieces import Framing
from pipeline.media.arrays import Waveform

__all__ = ["SpeechEncoder", "read_speech", "speech_extractor"]


@dataclass(frozen=True)
class SpeechEncoder:
    """Averages the frames that a network gives; `prepare` sees the whole waveform."""

    frames: Callable[[Waveform], NDArray[np.float32]]  # (S,) -> (T, D)
    framing: Framing
    prepare: Callable[[Waveform], Waveform] = lambda waveform: waveform

    def __call__(self, waveform: Waveform) -> Vector:
        """(S,), at least one frame -> (D,)."""
        total: NDArray[np.float64] | float = 0.0
        n_frames = 0
        for piece in self.framing.pieces(self.prepare(waveform)):
            frames = self.frames(piece)
            total = total + frames.sum(axis=0, dtype=np.float64)
            n_frames += len(frames)
        return np.asarray(total / n_frames, dtype=np.float32)


def speech_extractor(dim: int, encode: SpeechEncoder) -> Overlapped[Waveform]:
    """An extractor of speech: each file is decoded once, in a process for decoding."""
    return Overlapped(dim, lambda items: read_speech(items, 1, encode.framing), encode)


def read_speech(
    items: Iterable[Item], n_readers: int, framing: Framing
) -> Iterator[tuple[Item, Waveform | Encoded]]:
    """See `sounds.read`; what decodes is loaded where something is decoded."""
    from pipeline.features.encoders import sounds

    yield from sounds.read(items, n_readers, framing)
