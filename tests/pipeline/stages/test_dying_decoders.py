"""One bad video costs its own rows: a decoder that crashes, sound that would fill the memory."""

import resource
import sys
from fractions import Fraction

import av
import numpy as np
import pytest

from pipeline.media import decoder as decoding_side
from tests.pipeline.stages.cropping import utterance

CRASHING = """
import os, signal
from pipeline.media import decoding, frame_service, sound_service
cut, sample = sound_service.cut_sound, frame_service.sample_frames
def crash(path):
    if path.name in ("1.wav", "sound.wav"):
        os.kill(os.getpid(), signal.SIGSEGV)
def cut_sound(path, *given):
    crash(path)
    yield from cut(path, *given)
def sample_frames(path, *given):
    crash(path)
    yield from sample(path, *given)
sound_service.cut_sound, frame_service.sample_frames = cut_sound, sample_frames
decoding.main()
"""


@pytest.fixture
def crashing(monkeypatch):
    monkeypatch.setattr(decoding_side, "COMMAND", (sys.executable, "-c", CRASHING))


@pytest.mark.usefixtures("crashing")
def test_a_crash_is_the_status_of_one_file_and_is_kept(spoken, capsys):
    store = spoken.run("audio", "moonshine-tiny")
    assert spoken.statuses(store) == ["ok"] * 3 + ["unreadable"] * 3
    assert "u10: unreadable: the decoder died of SIGSEGV" in capsys.readouterr().out
    spoken.run("audio", "moonshine-tiny")
    assert "6 hits, 0 misses" in capsys.readouterr().out


@pytest.mark.usefixtures("crashing")
def test_a_crash_costs_no_other_faces(crop_stage, capsys):
    rows = [
        utterance("bad", "sound.wav", 0.0, 1.0),
        utterance("good", "talk.mp4", 0.0, 0.8, "left"),
    ]
    assert [row.status for row in crop_stage.run(rows)] == ["unreadable", "ok"]
    assert "bad: unreadable: the decoder died of SIGSEGV" in capsys.readouterr().out
    assert [row.status for row in crop_stage.run(rows)] == ["unreadable", "ok"]
    assert "2 hits, 0 misses" in capsys.readouterr().out


def write_long_flac(path, hours, rate_hz=1000):
    """Silence that compresses to nearly nothing."""
    samples = np.zeros((1, 60 * rate_hz), np.int16)
    samples[0, ::7] = 2000
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=rate_hz, layout="mono")
        stream.codec_context.format = "s16"
        for minute in range(hours * 60):
            frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
            frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
            frame.pts = minute * samples.shape[1]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_a_day_of_sound_in_one_utterance_is_a_row_with_the_way_out(
    extraction, row, write_wav, capsys
):
    write_long_flac(extraction.root / "day.flac", 24)
    write_wav(extraction.root / "good.wav", 16_000)
    extraction.rows = [
        row("day", media="day.flac", end_s=float("inf")),
        row("part", media="day.flac", start_s=3600.0, end_s=3602.0),
        row("good", media="good.wav"),
    ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    store = extraction.run("audio", "moonshine-tiny")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert extraction.statuses(store) == ["unreadable", "ok", "ok"]
    assert (
        "longer than the 4 hours that are read at once; give it start_s" in capsys.readouterr().out
    )
    assert grown < 2_500_000  # KiB; 24 hours at 16 kHz are 5.5 GB
