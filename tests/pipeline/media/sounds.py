"""Waves to write, and spans of a file read back in their order."""

from functools import partial

import numpy as np

from pipeline.media.audio import read_sounds
from pipeline.media.cutting import cut_sound
from pipeline.media.errors import MediaError

RATE_HZ = 16000


def noise(n, channels=1, seed=0):
    return np.random.default_rng(seed).integers(-20000, 20000, (channels, n), dtype=np.int16)


def tone(seconds, rate_hz, hz=440.0):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def read_waveforms(path, spans, sample_rate_hz=16000):
    """Yield (index, waveform or MediaError)."""
    for index, found in read_sounds(partial(cut_sound, path), spans, sample_rate_hz):
        yield index, found if isinstance(found, MediaError) else found.waveform


def read(path, spans, **options):
    found = dict(read_waveforms(path, spans, **options))
    assert sorted(found) == list(range(len(spans)))
    return [found[index] for index in range(len(spans))]


def statuses(path, spans):
    found = read(path, spans)
    return [sound.status if isinstance(sound, MediaError) else "ok" for sound in found]
