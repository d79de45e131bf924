"""How loud spans are, a hundred times a second; truth by arithmetic."""

import numpy as np
import pytest

from pipeline.media.cutting import cut_sound
from pipeline.media.loudness import Loudness, loudness_of
from tests.pipeline import clips

pytestmark = pytest.mark.fresh

SECOND = np.arange(16000) / 16000
TONE = 0.5 * np.sin(2 * np.pi * 1000 * SECOND)  # root mean square: 0.5 / sqrt(2)


def written(tmp_path, *channels, name="a.wav", rate_hz=16000):
    samples = np.round(32767 * np.array(channels)).astype(np.int16)
    return clips.write_sound(tmp_path / name, samples, rate_hz)


def test_a_tone_has_its_root_mean_square_and_silence_none(tmp_path):
    path = written(tmp_path, np.concatenate([TONE, 0 * TONE]))
    whole, late = loudness_of(cut_sound, path, [(0.0, 2.0), (1.0, 2.0)])
    assert np.sqrt(whole.power[:100]) == pytest.approx(0.5 / np.sqrt(2), abs=1e-3)
    assert whole.power[100:] == pytest.approx(0)
    assert (len(whole.power), whole.is_silent) == (200, False)
    assert late.is_silent
    # From 30 ms before to 50 ms after 1 s: three steps of eight are loud.
    wanted = [0.5 / np.sqrt(2), np.sqrt(0.125 * 3 / 8), 0.0]
    assert whole.at(np.array([0.5, 1.0, 1.5]), 0.03, 0.05) == pytest.approx(wanted, abs=1e-3)


def test_steps_are_a_hundredth_at_any_rate_and_however_sound_arrives(tmp_path):
    path = written(tmp_path, np.linspace(0, 1, 3 * 11025), rate_hz=11025)
    (whole,) = loudness_of(cut_sound, path, [(0.0, 3.0)])
    middles = (np.arange(300) + 0.5) / 300
    assert np.sqrt(whole.power) == pytest.approx(middles, abs=0.003)


def test_an_inverted_channel_does_not_silence_the_other(tmp_path):
    path = written(tmp_path, TONE, -TONE)
    (found,) = loudness_of(cut_sound, path, [(0.0, 1.0)])
    assert np.sqrt(found.power) == pytest.approx(0.5 / np.sqrt(2), abs=1e-3)


def test_a_span_beyond_the_sound_and_a_file_without_have_none(tmp_path):
    path = written(tmp_path, TONE)
    first, beyond = loudness_of(cut_sound, path, [(0.0, 1.0), (5.0, 6.0)])
    assert not first.is_silent
    assert beyond is None
    picture = np.zeros((64, 64, 3), np.uint8)
    mute = clips.write_video(tmp_path / "mute.mp4", [picture] * 5, [k / 25 for k in range(5)])
    assert loudness_of(cut_sound, mute, [(0.0, 1.0)]) == [None]


def test_what_is_60_db_below_full_scale_is_silent():
    assert Loudness(0.0, np.full(10, 0.9e-6)).is_silent
    assert not Loudness(0.0, np.array([0.0, 1.1e-6])).is_silent
