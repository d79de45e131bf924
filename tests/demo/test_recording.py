from fractions import Fraction

import av
import numpy as np
import pytest
from scipy.signal import correlate, correlation_lags

from demo.recording import write_avi

RATE_HZ, FRAME_RATE = 22050, Fraction(30000, 1001)
N_FRAMES = 75


@pytest.fixture(scope="module")
def sound():
    """Silence, half a second of noise, silence."""
    samples = np.zeros(int(N_FRAMES / FRAME_RATE * RATE_HZ), np.int16)
    noise = np.random.default_rng(0).normal(0, 4000, RATE_HZ // 2)
    samples[RATE_HZ : RATE_HZ + len(noise)] = noise.astype(np.int16)
    return samples


@pytest.fixture(scope="module")
def avi(tmp_path_factory, sound):
    path = tmp_path_factory.mktemp("avi") / "x.avi"
    write_avi(path, frames(), FRAME_RATE, sound, RATE_HZ)
    return path


def frames():
    """Frame k is gray of level 3 k."""
    return (np.full((480, 720, 3), 3 * k, np.uint8) for k in range(N_FRAMES))


def heard(path):
    with av.open(str(path)) as container:
        return np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])


def test_the_streams_are_those_of_the_corpus(avi):
    with av.open(str(avi)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.codec_tag) == ("mpeg4", "DIVX")
        assert (video.width, video.height) == (720, 480)
        assert video.average_rate == FRAME_RATE
        assert (audio.codec_context.name[:3], audio.rate, audio.channels) == ("mp3", RATE_HZ, 1)


def test_every_frame_is_shown_at_its_time(avi):
    with av.open(str(avi)) as container:
        shown = [(f.time, f.to_ndarray(format="gray").mean()) for f in container.decode(video=0)]
    assert len(shown) == N_FRAMES
    for index, (time_s, level) in enumerate(shown):
        assert time_s == pytest.approx(index / float(FRAME_RATE), abs=1e-4)
        assert level == pytest.approx(3 * index, abs=4)


def test_sound_is_aligned_to_the_sample(avi, sound):
    decoded = heard(avi)[: len(sound)]
    match = correlate(decoded, sound / 32768)
    lags = correlation_lags(len(decoded), len(sound))
    assert abs(lags[match.argmax()]) <= 1


def test_silence_decodes_to_zeros(avi):
    """At a distance of 0.1 s from any sound; spans of the demo are 0.18 s from other sound."""
    decoded = heard(avi)
    assert not decoded[: int(0.9 * RATE_HZ)].any()
    assert not decoded[int(1.6 * RATE_HZ) :].any()


def test_the_same_content_gives_the_same_bytes(avi, sound, tmp_path):
    again = tmp_path / "again.avi"
    write_avi(again, frames(), FRAME_RATE, sound, RATE_HZ)
    assert again.read_bytes() == avi.read_bytes()


def test_sound_that_begins_at_once_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must open with 1105 silent samples"):
        write_avi(tmp_path / "x.avi", frames(), FRAME_RATE, np.ones(RATE_HZ, np.int16), RATE_HZ)
    assert list(tmp_path.iterdir()) == []


def test_sound_may_be_shorter_than_the_video(tmp_path):
    path = tmp_path / "x.avi"
    write_avi(path, frames(), FRAME_RATE, np.zeros(RATE_HZ, np.int16), RATE_HZ)
    assert len(heard(path)) == pytest.approx(RATE_HZ, abs=3 * 1152)
