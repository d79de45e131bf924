"""Audio extractors: the span of a file to the mean of its frames.

Waveforms are mono float32 in [-1, 1] at 16 kHz. Each is encoded alone and never padded: group
norms see the whole utterance (reading.md F.4). Long ones go in pieces that give every frame once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.driver import Overlapped, Vector
from pipeline.features.encoders.pieces import Framing
from pipeline.media.arrays import Waveform
from pipeline.media.audio import Sound, read_sounds
from pipeline.media.cutting import SoundPiece
from pipeline.media.decoder import Decoder
from pipeline.media.errors import MediaError
from pipeline.media.grid import Span
from pipeline.media.sound_service import decode_sound

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
    """An extractor of speech: each file is decoded once, in a process for decoding."""

    def read(items: Iterable[Item]) -> Iterator[tuple[Item, Waveform | Encoded]]:
        with Decoder() as decoder:
            for path, group in _by_file(items).items():
                for index, found in _sounds(decoder, path, group):
                    yield _usable(group[index], found, encode.framing)

    return Overlapped(dim, read, encode)


def _sounds(
    decoder: Decoder, path: Path, group: Sequence[Item]
) -> Iterator[tuple[int, Sound | MediaError]]:
    """The sounds of all items of one file; what became of them if it is not the one asked for."""
    spans = [(item.utterance.start_s, item.utterance.end_s) for item in group]
    confirm = group[0].confirm
    try:
        state = None if confirm is None else confirm()
    except MediaError as error:
        yield from ((index, error) for index in range(len(group)))
        return

    def cut(spans: Sequence[Span], channel: int | None) -> Iterator[SoundPiece]:
        return decode_sound(decoder, path, spans, channel, state=state)

    yield from read_sounds(cut, spans, SAMPLE_RATE_HZ)


def _by_file(items: Iterable[Item]) -> dict[Path, list[Item]]:
    groups: dict[Path, list[Item]] = {}
    for item in items:
        if item.media is None:
            raise ValueError(f"{item.utterance.utterance_id}: an audio item needs a media path")
        groups.setdefault(item.media, []).append(item)
    return groups


def _usable(
    item: Item, found: Sound | MediaError, framing: Framing
) -> tuple[Item, Waveform | Encoded]:
    """The item with what is known of it, and its waveform, or why there is nothing to encode."""
    name = item.utterance.utterance_id
    if isinstance(found, MediaError):
        return item, Encoded(name, None, found.status, found.detail)
    seconds = (found.asked_s, found.found_s)
    if not framing.n_frames(len(found.waveform)):
        detail = f"{len(found.waveform)} samples; one frame needs {framing.field}"
        return item, Encoded(name, None, "too_short", detail, seconds)
    if np.abs(found.waveform).max() < SILENCE:
        return item, Encoded(name, None, "silent", "no sample above -60 dBFS", seconds)
    return replace(item, seconds=seconds, remark=found.remark), found.waveform
