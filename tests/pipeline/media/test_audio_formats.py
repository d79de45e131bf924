"""Rates, channels and sample formats: what is heard is the same in all of them."""

import math

import numpy as np
import pytest

from tests.pipeline.media.sounds import RATE_HZ, noise, read, statuses, tone

pytestmark = pytest.mark.fresh


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 48000, 11027])
def test_other_rates_become_16_khz_at_the_right_time(make_sound, rate_hz):
    wave = (tone(2.0, rate_hz) * 0.5 * 2**15).astype(np.int16)
    (found,) = read(make_sound("a.wav", wave, rate_hz), [(0.5, 1.5)])
    begin_s = round(0.5 * rate_hz) / rate_hz
    times_s = begin_s + np.arange(len(found)) / RATE_HZ
    wanted = 0.5 * np.sin(2 * np.pi * 440 * times_s)
    assert abs(len(found) - RATE_HZ) <= 2
    assert np.abs(found - wanted)[200:-200].max() < (5e-3 if rate_hz == 11027 else 5e-4)


@pytest.mark.parametrize(
    ("name", "codec"),
    # MPEG-TS does not say how long an encoder's delay is; every player hears it 21 ms late.
    [("a.mp4", "aac"), ("a.mkv", "aac"), ("a.ogg", "libopus"), ("a.mp3", "mp3")],
)
def test_encoder_delay_does_not_move_a_tone(make_sound, name, codec):
    wave = np.zeros(48000 * 2, np.float32)
    wave[48000:] = tone(1.0, 48000) * 0.5
    (found,) = read(
        make_sound(name, wave, 48000, codec, sample_format="fltp" if codec != "libopus" else "flt"),
        [(0.5, 1.5)],
    )
    onset = np.argmax(np.abs(found) > 0.1)
    assert abs(onset / RATE_HZ - 0.5) < 0.004


def test_all_channels_count_the_same(make_sound):
    samples = noise(4000, channels=8)
    (found,) = read(make_sound("a.wav", samples, layout="7.1"), [(0, math.inf)])
    wanted = (samples.astype(np.float64) / 2**15).mean(axis=0).astype(np.float32)
    assert np.array_equal(found, wanted)


def test_eight_channels_in_planes_of_their_own_are_all_heard(make_sound):
    # PyAV alone counts nine planes here.
    waves = np.zeros((8, 48000), np.float32)
    for channel, start in enumerate(range(0, 48000, 6000)):
        waves[channel, start : start + 6000] = 0.8 * tone(0.125, 48000, 1000)
    path = make_sound("a.mp4", waves, 48000, "aac", "fltp", frame_format="flt", layout="7.1")
    (found,) = read(path, [(0.0, 1.0)])
    loudness = np.abs(found.reshape(8, -1)[:, 300:-300]).max(axis=1)
    lfe = 3  # of the layout 7.1: the low tones alone
    assert np.delete(loudness, lfe) == pytest.approx([0.1] * 7, abs=0.02)


def test_a_sample_format_that_we_do_not_read_is_refused(make_sound):
    path = make_sound("a.wav", noise(RATE_HZ))
    content = bytearray(path.read_bytes())
    content[32:36] = (8).to_bytes(2, "little") + (64).to_bytes(2, "little")
    path.write_bytes(content)
    (found,) = read(path, [(0, 1)])
    assert (found.status, found.detail) == ("unreadable", "samples in the format s64")


@pytest.mark.parametrize(
    ("codec", "sample_format", "dtype", "scale"),
    [
        ("pcm_u8", "u8", np.uint8, 128),
        ("pcm_s32le", "s32", np.int32, 2**31),
        ("pcm_f32le", "flt", np.float32, 1),
        ("pcm_f64le", "dbl", np.float64, 1),
    ],
)
def test_every_sample_format_has_the_same_scale(make_sound, codec, sample_format, dtype, scale):
    wave = tone(0.1, RATE_HZ) * 0.5
    zero = 128 if dtype is np.uint8 else 0
    path = make_sound(
        "a.wav", (wave * scale + zero).astype(dtype), RATE_HZ, codec, sample_format=sample_format
    )
    (found,) = read(path, [(0, math.inf)])
    assert np.abs(found - wave).max() <= (1 / 128 if dtype is np.uint8 else 1e-6)


def test_samples_that_are_not_finite_count_as_zero(make_sound):
    wave = tone(0.1, RATE_HZ).astype(np.float32)
    broken = wave.copy()
    broken[[3, 100, 200]] = np.nan, np.inf, -np.inf
    path = make_sound("a.wav", broken, codec="pcm_f32le", sample_format="flt")
    (found,) = read(path, [(0, math.inf)])
    wave[[3, 100, 200]] = 0
    assert np.array_equal(found, wave)
    path = make_sound(
        "b.wav", np.full(800, np.nan, np.float32), codec="pcm_f32le", sample_format="flt"
    )
    assert statuses(path, [(0, 1)]) == ["silent"]


def test_a_sample_rate_that_changes_is_refused_from_there_on(make_sound):
    options = {"sample_format": "fltp", "format": "adts"}
    slow, fast = (
        make_sound(name, (tone(1, rate) * 0.5).astype(np.float32), rate, "aac", **options)
        for name, rate in (("a.aac", 16000), ("b.aac", 48000))
    )
    slow.write_bytes(slow.read_bytes() + fast.read_bytes())

    assert statuses(slow, [(0.2, 0.7), (0.5, 1.5)]) == ["ok", "unreadable"]
    assert "16000 to 48000" in str(read(slow, [(0.5, 1.5)])[0])


@pytest.mark.parametrize("rate_hz", [0, 1, 999, 768_001, 2**31 - 1, 2**32 - 1])
def test_a_rate_that_cannot_be_is_refused(make_sound, rate_hz):
    path = make_sound("a.wav", noise(RATE_HZ))
    content = bytearray(path.read_bytes())
    content[24:28] = rate_hz.to_bytes(4, "little")
    path.write_bytes(content)
    assert statuses(path, [(0, math.inf), (0.1, 0.2)]) == ["unreadable"] * 2
