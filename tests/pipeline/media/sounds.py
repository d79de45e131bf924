"""Waves to write, and spans of a file read back in their order."""

import numpy as np

from pipeline.media.audio import read_waveforms
from pipeline.media.errors import MediaError

RATE_HZ = 16000


def noise(n, channels=1, seed=0):
    return np.random.default_rng(seed).integers(-20000, 20000, (channels, n), dtype=np.int16)


def tone(seconds, rate_hz, hz=440.0):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def read(path, spans, **options):
    found = dict(read_waveforms(path, spans, **options))
    assert sorted(found) == list(range(len(spans)))
    return [found[index] for index in range(len(spans))]


def statuses(path, spans):
    found = read(path, spans)
    return [one.status if isinstance(one, MediaError) else "ok" for one in found]
