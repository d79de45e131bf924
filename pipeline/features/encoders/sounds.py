"""The sounds of utterances: every file is decoded once, several files side by side.

An item comes with its waveform, mono float32 in [-1, 1] at 16 kHz, or with why there is nothing to
encode. Each reader has a process for decoding.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.base.workers import read_ahead
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.pieces import Framing
from pipeline.media.arrays import Waveform
from pipeline.media.audio import Sound, read_sounds
from pipeline.media.cutting import SoundPiece
from pipeline.media.decoder import Decoder
from pipeline.media.errors import MediaError
from pipeline.media.grid import Span
from pipeline.media.sound_service import decode_sound
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

SILENCE = 1e-3  # peak, -60 dBFS: what lossy codecs leave of silence lies below it
Heard = tuple[Item, Waveform | Encoded]
File = tuple[Path, list[Item]]


def read(items: Iterable[Item], n_readers: int, framing: Framing) -> Iterator[Heard]:
    """Yield every item once, file by file; of several readers as they come."""
    files = list(_by_file(items).items())
    n_readers = min(n_readers, len(files))
    if n_readers <= 1:
        yield from _read_files(iter(files), framing)
        return
    shared = _Shared(files)
    readers = [_read_files(shared, framing) for _ in range(n_readers)]
    with read_ahead(readers, n_readers) as heard:
        yield from heard


class _Shared:
    """Files for several threads, each for one of them."""

    def __init__(self, files: Sequence[File]) -> None:
        self._files, self._lock = iter(files), threading.Lock()

    def __iter__(self) -> Iterator[File]:
        return self

    def __next__(self) -> File:
        with self._lock:
            return next(self._files)


def _read_files(files: Iterator[File], framing: Framing) -> Iterator[Heard]:
    with Decoder() as decoder:
        for path, group in files:
            for index, found in _sounds(decoder, path, group):
                yield _usable(group[index], found, framing)


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
