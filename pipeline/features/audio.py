"""Audio extractors: the span of a file to the mean of its frames.

Waveforms are mono float32 in [-1, 1] at 16 kHz. Each is encoded alone and never padded: group
norms see the whole utterance (FIELD 4.2). Long ones go in pieces that give every frame once.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.features.extractor import Encoded, Item
from pipeline.features.overlap import Overlapped, Vector
from pipeline.features.pieces import Framing, Waveform
from pipeline.media.audio import read_waveforms
from pipeline.media.errors import MediaError

SAMPLE_RATE_HZ = 16_000
SILENCE = 1e-3  # peak, -60 dBFS: what lossy codecs leave of silence lies below it


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
    """An extractor of speech: each file is decoded once, in the reading thread."""

    def read(items: Iterable[Item]) -> Iterator[tuple[Item, Waveform | Encoded]]:
        for path, group in _by_file(items).items():
            spans = [(item.utterance.start_s, item.utterance.end_s) for item in group]
            for index, found in read_waveforms(path, spans, SAMPLE_RATE_HZ):
                yield group[index], _usable(group[index], found, encode.framing)

    return Overlapped(dim, read, encode)


def _by_file(items: Iterable[Item]) -> dict[Path, list[Item]]:
    groups: dict[Path, list[Item]] = {}
    for item in items:
        if item.media is None:
            raise ValueError(f"{item.utterance.utterance_id}: an audio item needs a media path")
        groups.setdefault(item.media, []).append(item)
    return groups


def _usable(item: Item, found: Waveform | MediaError, framing: Framing) -> Waveform | Encoded:
    """The waveform, or why there is nothing to encode."""
    name = item.utterance.utterance_id
    if isinstance(found, MediaError):
        return Encoded(name, None, found.status, found.detail)
    if not framing.n_frames(len(found)):
        detail = f"{len(found)} samples; one frame needs {framing.field}"
        return Encoded(name, None, "too_short", detail)
    if np.abs(found).max() < SILENCE:
        return Encoded(name, None, "silent", "no sample above -60 dBFS")
    return found
