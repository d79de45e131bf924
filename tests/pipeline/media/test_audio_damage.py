"""Damaged, cut and foreign files: a status for what is lost, the right time for what is not."""

import math
import os

import numpy as np
import pytest

from pipeline.media import sound_frames
from pipeline.media.container import best_stream, open_media
from pipeline.media.damage import Damage
from pipeline.media.packets import decode
from tests.pipeline.media.sounds import RATE_HZ, noise, read, statuses, tone

pytestmark = pytest.mark.fresh


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
    real = sound_frames.decode

    def stretched(*given):
        for number, frame in enumerate(real(*given)):
            frame.pts += number * 40 * frame.sample_rate
            yield frame

    monkeypatch.setattr(sound_frames, "decode", stretched)
    (found,) = read(make_sound("a.wav", samples), [(0.0, math.inf)])
    assert len(found) == samples.size + 60 * RATE_HZ
    assert np.count_nonzero(found) == np.count_nonzero(samples)


def test_a_stream_that_appears_later_does_not_end_the_sound(make_sound, make_video, numbered):
    wave = (tone(60.0, RATE_HZ) * 0.5).astype(np.float32)  # longer than FFmpeg looks ahead
    path = make_sound("a.ts", wave, codec="aac", sample_format="fltp")
    options = {"container_options": {"mpegts_start_pid": "0x200"}}
    picture = make_video("b.ts", [numbered(1)] * 25, [60 + k / 25 for k in range(25)], **options)
    path.write_bytes(path.read_bytes() + picture.read_bytes() + path.read_bytes())
    damage = Damage()
    with open_media(path) as opened:
        stream = best_stream(opened, "audio")
        n_samples = sum(frame.samples for frame in decode(opened, stream, damage))
    assert "a stream that the header does not list" in damage.first
    assert n_samples > 115 * RATE_HZ


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


def test_what_is_no_sound_has_a_status_and_a_reason(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no media\n" * 500)
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    wanted = {"none": "no_media", "empty": "unreadable", "text": "unreadable",
              "folder": "no_media", "pipe": "no_media"}  # fmt: skip
    for name, status in wanted.items():
        assert statuses(tmp_path / f"{name}.mp4", [(0, 1), (1, 2)]) == [status] * 2
