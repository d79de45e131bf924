"""Spans of sound: the right samples, whatever the other spans, read once and in little memory."""

import math
import tracemalloc

import av
import numpy as np
import pytest

from pipeline.media import container
from tests.pipeline.media.sounds import RATE_HZ, noise, read, read_waveforms, statuses

pytestmark = pytest.mark.fresh


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
