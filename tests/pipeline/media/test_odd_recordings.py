"""Recordings that players play: an inverted channel, joined pieces, files cut short."""

import math
from functools import partial

import numpy as np
import pytest

from pipeline.media.audio import read_sounds
from pipeline.media.cutting import cut_sound
from pipeline.media.damage import Damage
from pipeline.media.video import Extent, sample_frames
from tests.pipeline.media.sounds import RATE_HZ, noise, read, tone

FULL = np.float32(2**15)


def sounds(path, spans):
    return [sound for _, sound in sorted(read_sounds(partial(cut_sound, path), spans))]


def test_an_inverted_channel_does_not_silence_the_other(make_sound):
    voice = noise(4 * RATE_HZ)
    path = make_sound("a.wav", np.vstack([voice, -voice // 2]))
    (found,) = read(path, [(0.0, 4.0)])
    assert found.any()  # the mean of these is half of the voice: nothing cancels
    path = make_sound("b.wav", np.vstack([voice, -voice]))
    (sound,) = sounds(path, [(0.0, 4.0)])
    assert np.array_equal(sound.waveform, voice[0] / FULL)
    assert "channels cancel each other; channel 1" in sound.remark


def test_high_tones_that_an_encoder_keeps_as_one_do_not_hide_that_channels_cancel(make_sound):
    """As Opus leaves noise of an inverted channel: the mean has a fifth of the power, all high."""
    times = np.arange(2 * 48000) / 48000
    voice, high = (np.sin(2 * np.pi * f * times) * 9000 for f in (300.0, 11000.0))
    path = make_sound("a.wav", np.vstack([voice + high, high - voice]).astype(np.int16), 48000)
    (sound,) = sounds(path, [(0.0, 2.0)])
    assert "channels cancel each other" in sound.remark
    assert np.sqrt(np.mean(sound.waveform**2)) == pytest.approx(9000 / 2**15 / 2**0.5, rel=0.01)


def test_the_loudest_of_channels_that_cancel_is_read(make_sound):
    voice = noise(RATE_HZ)
    louder = np.clip(voice * -1.05, -32768, 32767).astype(np.int16)
    (sound,) = sounds(make_sound("a.wav", np.vstack([voice, louder])), [(0.0, 1.0)])
    assert np.array_equal(sound.waveform, louder[0] / FULL)


def test_one_silent_channel_is_no_cancelling(make_sound):
    voice = noise(RATE_HZ)
    for layout, n_channels in (("stereo", 2), ("5.1", 6)):
        samples = np.zeros((n_channels, RATE_HZ), np.int16)
        samples[1] = voice
        (sound,) = sounds(make_sound(f"{layout}.wav", samples, layout=layout), [(0.0, 1.0)])
        assert not sound.remark
        assert np.allclose(sound.waveform, voice[0] / FULL / n_channels, atol=1e-6)


def test_pieces_joined_with_cat_are_read_to_their_end(make_sound):
    wave = (tone(6.0, RATE_HZ) * 0.5).astype(np.float32)
    path = make_sound("a.ts", wave, codec="aac", sample_format="fltp")
    path.write_bytes(path.read_bytes() * 2)
    found = sounds(path, [(3.0 * k, 3.0 * k + 3) for k in range(4)])
    assert [sound.found_s for sound in found] == pytest.approx([3, 3, 3, 3], abs=0.15)
    assert "time stamps begin anew" in found[3].remark


def test_pictures_of_joined_pieces_are_shown_to_their_end(clip):
    path = clip("a.ts", 150)
    path.write_bytes(path.read_bytes() * 2)
    damage, extent = Damage(), Extent()
    list(sample_frames(path, [(0.0, math.inf)], 5.0, damage, extent))
    assert extent.end_s == pytest.approx(12.0, abs=0.1)
    assert "begin anew" in damage.first


def test_seconds_found_are_told_beside_those_asked_for(make_sound):
    path = make_sound("a.wav", noise(6 * RATE_HZ))
    found = sounds(path, [(0, 3000), (5.5, 60), (0, math.inf), (1, 2)])
    seconds = [(sound.asked_s, sound.found_s) for sound in found]
    assert seconds == [(3000, 6), (54.5, 0.5), (6, 6), (1, 1)]


def test_a_file_cut_short_tells_what_it_lacks(make_sound):
    wave = (tone(6.0, RATE_HZ) * 0.5).astype(np.float32)
    options = {"codec": "aac", "sample_format": "fltp", "options": {"movflags": "+faststart"}}
    path = make_sound("a.mp4", wave, **options)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    (sound,) = sounds(path, [(0.0, math.inf)])
    assert sound.asked_s == pytest.approx(6.0, abs=0.1)
    assert 1 < sound.found_s < 4.5
