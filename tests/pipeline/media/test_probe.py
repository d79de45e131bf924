"""What is in a file."""

import numpy as np
import pytest

from pipeline.media.errors import MediaError
from pipeline.media.probe import AudioInfo, probe

pytestmark = pytest.mark.fresh


def test_both_streams_are_described(make_video, numbered):
    path = make_video(
        "a.mkv",
        [numbered(k) for k in range(50)],
        [k / 25 for k in range(50)],
        sound=np.ones(48000, np.int16),
    )
    info = probe(path)
    assert info.container == "matroska,webm"
    assert info.duration_s == pytest.approx(3.0, abs=0.05)
    assert info.audio == AudioInfo("pcm_s16le", None, 16000, 1)
    assert (info.video.codec, info.video.fps) == ("h264", 25.0)
    assert (info.video.width_px, info.video.height_px, info.video.rotation_deg) == (192, 64, 0)


def test_the_picture_is_described_as_it_is_shown(make_video, numbered):
    path = make_video("a.mp4", [numbered(1)] * 10, [k / 25 for k in range(10)], rotation=90)
    info = probe(path)
    assert (info.video.width_px, info.video.height_px, info.video.rotation_deg) == (64, 192, 90)
    assert info.video.duration_s == pytest.approx(0.4)
    assert info.audio is None


def test_rate_and_channels_are_those_that_decode(make_sound):
    path = make_sound("a.wav", np.ones((8, 44100), np.int16), 44100, layout="7.1")
    assert probe(path).audio == AudioInfo("pcm_s16le", 1.0, 44100, 8)
    assert probe(path).video is None


def test_what_does_not_open_has_a_status(tmp_path):
    with pytest.raises(MediaError) as caught:
        probe(tmp_path / "none.mp4")
    assert caught.value.status == "no_media"
