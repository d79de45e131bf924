"""Any layout and format of samples to one channel, against numpy on the samples that went in."""

import av
import numpy as np
import pytest

from pipeline.media.errors import UnreadableError
from pipeline.media.mono import mono, powers

N = 480
FORMATS = {  # numpy's type, full scale, level of silence
    "u8": (np.uint8, 128, 128),
    "s16": (np.int16, 2**15, 0),
    "s32": (np.int32, 2**31, 0),
    "flt": (np.float32, 1, 0),
    "dbl": (np.float64, 1, 0),
}
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def levels(n_channels):
    """(channels, samples) in [-1, 1], every channel another one."""
    return np.random.default_rng(n_channels).uniform(-1, 1, (n_channels, N))


def frame_of(level, name, is_planar):
    kind, full, zero = FORMATS[name]
    stored = level.astype(kind) if full == 1 else (level * (full - 1) + zero).astype(kind)
    plane = stored if is_planar else stored.T.reshape(1, -1)
    form = f"{name}p" if is_planar else name
    return av.AudioFrame.from_ndarray(np.ascontiguousarray(plane), form, LAYOUTS[len(level)])


@pytest.mark.parametrize("is_planar", [False, True])
@pytest.mark.parametrize("n_channels", [1, 2, 6])
@pytest.mark.parametrize("name", FORMATS)
def test_the_mean_of_all_channels_or_one_of_them(name, n_channels, is_planar):
    level = levels(n_channels)
    frame = frame_of(level, name, is_planar)
    close = {"atol": 2 / FORMATS[name][1] if FORMATS[name][1] > 1 else 1e-6}
    np.testing.assert_allclose(mono(frame), level.mean(axis=0), **close)
    for channel in range(n_channels):
        np.testing.assert_allclose(mono(frame, channel), level[channel], **close)
    assert mono(frame).dtype == np.float32


def test_more_planes_than_pyav_counts_are_read_through_ffmpeg():
    """Made as interleaved samples: PyAV cannot be given so many planes either."""
    level = levels(8).astype(np.float32)
    packed = frame_of(level, "flt", is_planar=False)
    packed.sample_rate = 16_000
    (planar,) = av.AudioResampler(format="fltp").resample(packed)
    assert planar.format.is_planar
    np.testing.assert_allclose(mono(planar), level.mean(axis=0), atol=1e-6)


def test_powers_are_sums_of_squares_and_a_channel_upside_down_leaves_no_mean():
    level = levels(1)
    frame = frame_of(np.concatenate([level, -level]), "dbl", is_planar=True)
    one_channel = (level**2).sum()
    np.testing.assert_allclose(powers(frame), [0.0, one_channel, one_channel], atol=1e-12)
    assert powers(frame_of(level, "dbl", is_planar=True)) is None


def test_samples_that_numpy_does_not_know_are_unreadable():
    frame = av.AudioFrame(format="s64", layout="mono", samples=4)
    with pytest.raises(UnreadableError, match="s64"):
        mono(frame)
