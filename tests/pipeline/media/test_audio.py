"""Spans of sound: the right samples, whatever the file, its codec and the other spans."""

import math
import os
import tracemalloc

import av
import numpy as np
import pytest

from pipeline.media import audio, container
from pipeline.media.audio import read_waveforms
from pipeline.media.errors import MediaError

RATE_HZ = 16000


def noise(n, channels=1, seed=0):
    return np.random.default_rng(seed).integers(-20000, 20000, (channels, n), dtype=np.int16)


def read(path, spans, **options):
    found = dict(read_waveforms(path, spans, **options))
    assert sorted(found) == list(range(len(spans)))
    return [found[index] for index in range(len(spans))]


def statuses(path, spans):
    found = read(path, spans)
    return [one.status if isinstance(one, MediaError) else "ok" for one in found]


def tone(seconds, rate_hz, hz=440.0):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def test_a_span_holds_exactly_its_samples(make_sound):
    samples = noise(RATE_HZ)
    path = make_sound("a.wav", samples)
    spans = [(0.1, 0.25), (0.0, math.inf), (0.5, 0.50025)]
    for (start_s, end_s), found in zip(spans, read(path, spans), strict=True):
        end = len(samples[0]) if math.isinf(end_s) else round(end_s * RATE_HZ)
        wanted = samples[0, round(start_s * RATE_HZ) : end] / 2**15
        assert found.dtype == np.float32
        assert np.array_equal(found, wanted.astype(np.float32))


def test_spans_may_overlap_be_unordered_and_reach_beyond_the_end(make_sound):
    samples = noise(RATE_HZ)[0] / np.float32(2**15)
    path = make_sound("a.wav", noise(RATE_HZ))
    found = read(path, [(0.5, 9.0), (0.4, 0.6), (0.0, 0.5), (0.4, 0.6), (2.0, 3.0)])
    assert np.array_equal(found[0], samples[8000:])
    assert np.array_equal(found[1], samples[6400:9600])
    assert np.array_equal(found[1], found[3])
    assert np.array_equal(found[2], samples[:8000])
    assert found[4].status == "empty_span"


@pytest.mark.parametrize(
    ("name", "codec", "sample_format"),
    [
        ("a.wav", "pcm_s16le", "s16"),
        ("a.mkv", "aac", "fltp"),
        ("a.mp4", "aac", "fltp"),
        ("a.avi", "pcm_s16le", "s16"),
        ("a.ogg", "libopus", "flt"),
        ("a.ts", "aac", "fltp"),
    ],
)
def test_a_span_never_depends_on_the_others(make_sound, name, codec, sample_format):
    samples = noise(3 * 48000, channels=2)
    if sample_format != "s16":
        samples = (samples / 2**15).astype(np.float32)
    path = make_sound(name, samples, 48000, codec, sample_format=sample_format)
    spans = [(0.3, 1.1), (2.0, math.inf), (0.9, 2.3), (0.0, 0.7)]
    together = read(path, spans)
    for span, found in zip(spans, together, strict=True):
        assert np.array_equal(found, read(path, [span])[0])


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


def test_a_stream_that_appears_later_does_not_end_the_sound(make_sound, make_video, numbered):
    wave = (tone(60.0, RATE_HZ) * 0.5).astype(np.float32)  # longer than FFmpeg looks ahead
    path = make_sound("a.ts", wave, codec="aac", sample_format="fltp")
    options = {"container_options": {"mpegts_start_pid": "0x200"}}
    picture = make_video("b.ts", [numbered(1)] * 25, [60 + k / 25 for k in range(25)], **options)
    path.write_bytes(path.read_bytes() + picture.read_bytes() + path.read_bytes())
    damage = container.Damage()
    with container.open_media(path) as opened:
        stream = container.best_stream(opened, "audio")
        n_samples = sum(frame.samples for frame in container.decode(opened, stream, damage))
    assert "a stream that the header does not list" in damage.first
    assert n_samples > 115 * RATE_HZ


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


def test_silence_is_told_from_nothing_and_from_sound(make_sound):
    samples = noise(2 * RATE_HZ)
    samples[:, RATE_HZ:] = 0
    path = make_sound("a.wav", samples)
    assert statuses(path, [(0, 1), (1, 2), (0.9, 1.5), (2, 3), (0.5, 0.50001), (0.5, 0.5)]) == [
        "ok", "silent", "ok", "empty_span", "empty_span", "empty_span",
    ]  # fmt: skip


def test_sound_that_begins_late_keeps_its_time(make_sound, tmp_path):
    samples = noise(RATE_HZ)
    path = make_sound("late.mkv", samples, delay_s=1.5)
    with av.open(str(path)) as opened:
        assert opened.start_time == 1_500_000
    # Alone in its file it begins at 0, as players show it; beside a picture it stays late.
    (found,) = read(path, [(0.25, 0.5)])
    assert np.array_equal(found, samples[0, 4000:8000] / np.float32(2**15))


def test_a_lost_packet_is_silence_and_moves_nothing(make_sound):
    samples = np.tile(noise(CHUNK := 1024), 40)
    path = make_sound("a.mkv", samples, keep=lambda n: n != 20)
    (found,) = read(path, [(0.0, math.inf)])
    wanted = samples[0] / np.float32(2**15)
    wanted[20 * CHUNK : 21 * CHUNK] = 0
    assert len(found) == len(wanted)
    assert np.abs(found - wanted)[: 20 * CHUNK].max() == 0
    # Matroska keeps milliseconds: the seam may move by half of one.
    shift = 8
    tail = found[21 * CHUNK + shift : -shift]
    errors = [
        np.abs(tail - wanted[21 * CHUNK + shift + s :][: len(tail)]).max()
        for s in range(-shift, shift + 1)
    ]
    assert min(errors) == 0


def test_broken_time_stamps_do_not_fill_the_memory(make_sound, monkeypatch):
    samples = noise(20 * 1024)
    real = audio.decode

    def stretched(*given):
        for number, frame in enumerate(real(*given)):
            frame.pts += number * 40 * frame.sample_rate
            yield frame

    monkeypatch.setattr(audio, "decode", stretched)
    (found,) = read(make_sound("a.wav", samples), [(0.0, math.inf)])
    assert len(found) == samples.size + 60 * RATE_HZ
    assert np.count_nonzero(found) == np.count_nonzero(samples)


def test_damage_in_the_middle_costs_only_what_it_hits(make_sound):
    wave = (tone(4.0, RATE_HZ) * 0.5).astype(np.float32)
    path = make_sound("a.mp4", wave, codec="aac", sample_format="fltp")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = os.urandom(300)
    path.write_bytes(content)
    assert statuses(path, [(0, 1), (3, 4), (0, math.inf)]) == ["ok"] * 3


def test_a_truncated_file_gives_what_is_there(make_sound):
    path = make_sound("a.mkv", noise(4 * RATE_HZ))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found = read(path, [(0, 1), (1.5, 4), (3, 4)])
    assert len(found[0]) == RATE_HZ
    assert 0 < len(found[1]) < RATE_HZ
    assert found[2].status == "empty_span"


def test_a_sample_rate_that_changes_is_refused_from_there_on(make_sound):
    slow = make_sound(
        "a.aac",
        (tone(1, 16000) * 0.5).astype(np.float32),
        16000,
        "aac",
        sample_format="fltp",
        format="adts",
    )
    fast = make_sound(
        "b.aac",
        (tone(1, 48000) * 0.5).astype(np.float32),
        48000,
        "aac",
        sample_format="fltp",
        format="adts",
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


def test_what_is_no_sound_has_a_status_and_a_reason(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no media\n" * 500)
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    wanted = {"none": "no_media", "empty": "unreadable", "text": "unreadable",
              "folder": "no_media", "pipe": "no_media"}  # fmt: skip
    for name, status in wanted.items():
        assert statuses(tmp_path / f"{name}.mp4", [(0, 1), (1, 2)]) == [status] * 2


def test_a_file_is_opened_and_decoded_once_for_all_spans(make_sound, monkeypatch):
    path = make_sound("a.wav", noise(RATE_HZ))
    opened = []
    real = container.av.open
    monkeypatch.setattr(container.av, "open", lambda *a, **k: opened.append(a) or real(*a, **k))
    read(path, [(k / 50, k / 50 + 0.1) for k in range(40)])
    assert len(opened) == 1


def test_no_span_opens_nothing(tmp_path):
    assert list(read_waveforms(tmp_path / "none.wav", [])) == []


def test_memory_does_not_grow_with_the_file(make_sound):
    peaks = []
    for minutes in (1, 4):
        path = make_sound(f"{minutes}.wav", noise(8000 * 60 * minutes), 8000)
        spans = [(s, s + 2.0) for s in range(0, 60 * minutes, 3)]
        tracemalloc.start()
        for _ in read_waveforms(path, spans):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
