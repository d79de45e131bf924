"""Clips made on the spot: sound and pictures whose content tells their time."""

from fractions import Fraction

import av
import numpy as np
import pytest

CHUNK = 1024


def _sound_frames(samples, rate_hz, sample_format, layout):
    planar = sample_format.endswith("p")
    for start in range(0, samples.shape[1], CHUNK):
        chunk = samples[:, start : start + CHUNK]
        plane = chunk if planar else chunk.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(plane), sample_format, layout)
        frame.sample_rate = rate_hz
        frame.pts = start
        frame.time_base = Fraction(1, rate_hz)
        yield frame


@pytest.fixture
def make_sound(tmp_path):
    """Write (channels, n) samples; `keep(packet index)` decides which packets are written."""

    def make(name, samples, rate_hz=16000, codec="pcm_s16le", keep=None, delay_s=0.0, **options):
        path = tmp_path / name
        samples = np.atleast_2d(samples)
        layout = options.pop("layout", "mono" if len(samples) == 1 else "stereo")
        sample_format = options.pop("sample_format", "s16")
        with av.open(str(path), "w", **options) as container:
            stream = container.add_stream(codec, rate=rate_hz)
            stream.layout = layout
            stream.codec_context.format = sample_format
            n_packets = 0
            for frame in [*_sound_frames(samples, rate_hz, sample_format, layout), None]:
                if frame is not None:
                    frame.pts += round(delay_s * rate_hz)
                for packet in stream.encode(frame):
                    if keep is None or keep(n_packets):
                        container.mux(packet)
                    n_packets += 1
        return path

    return make


@pytest.fixture
def make_video(tmp_path):
    """Write pictures (N, H, W, 3) at `times_s`; `sound` is one second per 16000 samples."""

    def make(
        name,
        pictures,
        times_s,
        codec="libx264",
        pixels="yuv420p",
        rate=25,
        rotation=0,
        sound=None,
        encoder_options=None,
        **options,
    ):
        path = tmp_path / name
        with av.open(str(path), "w", **options) as container:
            stream = container.add_stream(codec, rate=rate, options=encoder_options or {})
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = pixels
            clock = Fraction(1, rate if codec == "mpeg4" else 90000)
            stream.codec_context.time_base = clock
            if rotation:
                stream.set_display_rotation(rotation)
            if sound is not None:
                voice = container.add_stream("pcm_s16le", rate=16000, layout="mono")
                for frame in [*_sound_frames(sound[None], 16000, "s16", "mono"), None]:
                    container.mux(voice.encode(frame))
            for picture, time_s in zip(pictures, times_s, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, "rgb24")
                frame.time_base = clock
                frame.pts = round(time_s / clock)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make


N_BITS = 12
BIT_PX = 16


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
