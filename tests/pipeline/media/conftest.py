"""Fixtures around `tests.pipeline.clips`."""

import numpy as np
import pytest

from pipeline.media.video import sample_frames
from tests.pipeline import clips

N_BITS = 12
BIT_PX = 16


@pytest.fixture
def make_sound(tmp_path):
    """`make_sound(name, samples, ...)`: see `clips.write_sound`."""
    return lambda name, *given, **options: clips.write_sound(tmp_path / name, *given, **options)


@pytest.fixture
def make_video(tmp_path):
    """`make_video(name, pictures, times_s, ...)`: see `clips.write_video`."""
    return lambda name, *given, **options: clips.write_video(tmp_path / name, *given, **options)


@pytest.fixture(scope="session")
def portraits():
    return clips.portraits()


@pytest.fixture
def numbered():
    """Make a picture that shows a number as black and white bars: 192 x 64 pixels."""

    def make(number):
        bars = [(number >> bit) % 2 * 255 for bit in range(N_BITS)]
        row = np.repeat(np.uint8(bars), BIT_PX)
        return np.repeat(np.tile(row, (64, 1))[..., None], 3, axis=2)

    return make


@pytest.fixture
def read_number():
    """The number of a picture that `numbered` made, after any codec."""

    def read(picture):
        assert picture.dtype == np.uint8
        assert picture.shape == (64, N_BITS * BIT_PX, 3)
        bars = picture[16:48].reshape(32, N_BITS, BIT_PX, 3)[:, :, 4:12].mean(axis=(0, 2, 3))
        assert not ((bars > 80) & (bars < 176)).any()
        return int(sum(1 << bit for bit, level in enumerate(bars) if level > 128))

    return read


@pytest.fixture
def clip(make_video, numbered):
    """`clip(name, n=50, ...)`: frames numbered from 0 at 25 per second, or at `times_s`."""

    def make(name, n=50, times_s=None, **options):
        times_s = [k / 25 for k in range(n)] if times_s is None else times_s
        return make_video(name, [numbered(k) for k in range(len(times_s))], times_s, **options)

    return make


@pytest.fixture
def seen(read_number):
    """`seen(path, spans, fps)`: for each span the (number, time) of its frames."""

    def see(path, spans, fps, **options):
        found = [[] for _ in spans]
        for frame in sample_frames(path, spans, fps, **options):
            for index in frame.spans:
                found[index].append((read_number(frame.image), frame.time_s))
        return found

    return see
