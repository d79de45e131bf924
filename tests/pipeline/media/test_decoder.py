"""Decoding in a process of its own: the same as here, and a decoder that dies costs one file.

Crashes are real: the process of these tests is ours, but for files of certain names it kills
itself, waits for ever, or asks for more memory than it is given.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pipeline.media import decoder as decoding_side
from pipeline.media.cutting import cut_sound
from pipeline.media.damage import Damage
from pipeline.media.decoder import Decoder
from pipeline.media.errors import DecoderError, MediaError, NoStreamError, ReadError
from pipeline.media.frame_service import decode_frames
from pipeline.media.sound_service import decode_sound
from pipeline.media.state import file_state
from pipeline.media.video import Extent, sample_frames
from tests.pipeline.media.sounds import RATE_HZ, noise

ODD = """
import os, signal, time
from pipeline.media import decoding, sound_service
real = sound_service.cut_sound
def cut_sound(path, *given):
    what = path.name.partition("_")[0]
    if what.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, what))
    if what == "hang":
        time.sleep(600)
    if what == "memory":
        bytearray(decoding.MAX_MEMORY_BYTES)
    if what == "exit":
        os._exit(3)
    if what == "binding":
        raise ValueError("a binding's word for bad bytes")
    if what == "late":
        pieces = list(real(path, *given))
        yield from pieces[:2]
        os.kill(os.getpid(), signal.SIGSEGV)
    yield from real(path, *given)
sound_service.cut_sound = cut_sound
decoding.main()
"""


@pytest.fixture
def odd(monkeypatch):
    monkeypatch.setattr(decoding_side, "COMMAND", (sys.executable, "-c", ODD))


def is_right(decoder, path, spans):
    """Whether another process cuts what is cut here."""
    return pieces_of(decode_sound(decoder, path, spans)) == pieces_of(cut_sound(path, spans))


def pieces_of(found):
    return [(p.index, p.rate_hz, p.samples.tobytes(), p.end) for p in found]


def test_sound_is_what_is_decoded_here(make_sound):
    path = make_sound("a.wav", noise(10 * RATE_HZ, channels=2))
    spans = [(0.0, 1.5), (1.0, 9.0), (8.0, np.inf), (20.0, 21.0)]
    with Decoder() as decoder:
        for channel in (None, 1):
            found = pieces_of(decode_sound(decoder, path, spans, channel))
            assert found == pieces_of(cut_sound(path, spans, channel))
            assert {index for index, *_, end in found if end is not None} == {0, 1, 2, 3}


def test_pictures_are_what_is_decoded_here(clip):
    path = clip("a.mp4")
    spans = [(0.0, 0.9), (0.5, np.inf)]
    here, there = Extent(), Extent()
    wanted = list(sample_frames(path, spans, 5.0, None, here))
    with Decoder() as decoder:
        found = list(decode_frames(decoder, path, spans, 5.0, None, there))
    assert [(f.spans, f.time_s) for f in found] == [(f.spans, f.time_s) for f in wanted]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(found, wanted, strict=True))
    assert there == here


def test_one_process_serves_all_files(clip, make_sound, tmp_path):
    paths = [make_sound(f"{k}.wav", noise(RATE_HZ, seed=k)) for k in range(3)]
    with Decoder() as decoder:
        list(decode_sound(decoder, paths[0], [(0, 1)]))
        process = decoder._process
        for path in paths:
            assert pieces_of(decode_sound(decoder, path, [(0, 1)])) == pieces_of(
                cut_sound(path, [(0, 1)])
            )
        with pytest.raises(NoStreamError):
            list(decode_frames(decoder, paths[0], [(0, 1)], 5.0))
        with pytest.raises(MediaError, match="no_media"):
            list(decode_sound(decoder, tmp_path / "none", [(0, 1)]))
        assert len(list(decode_frames(decoder, clip("a.mp4"), [(0, 1)], 5.0))) == 5
        assert decoder._process is process

    assert process.returncode is not None


def test_damage_is_told(make_sound):
    path = make_sound("a.mkv", noise(4 * RATE_HZ))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    here, there = Damage(), Damage()
    list(cut_sound(path, [(0, 4)], None, here))
    with Decoder() as decoder:
        list(decode_sound(decoder, path, [(0, 4)], None, there))
    assert (there.n_errors, there.first) == (here.n_errors, here.first)


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("SIGSEGV", "unreadable", "died of SIGSEGV"),
        ("SIGABRT", "unreadable", "died of SIGABRT"),
        ("SIGFPE", "unreadable", "died of SIGFPE"),
        ("SIGKILL", "read_error", "ended by SIGKILL"),  # as by a system without memory
        ("SIGTERM", "read_error", "ended by SIGTERM"),
        ("exit", "read_error", "ended by exit code 3"),
        ("hang", "read_error", "no sign of life for 2 s"),
        ("memory", "read_error", "out of memory; decoding is given 4 GiB"),
        ("binding", "unreadable", "ValueError: a binding's word"),
    ],
)
def test_a_death_is_of_one_file_and_has_a_reason(make_sound, odd, name, status, reason):
    bad = make_sound(f"{name}_.wav", noise(RATE_HZ))
    good = make_sound("good.wav", noise(RATE_HZ))
    with Decoder(silent_s=2 if name == "hang" else 60) as decoder:
        for _ in range(2):
            with pytest.raises(MediaError) as caught:
                list(decode_sound(decoder, bad, [(0, 1)]))
            assert caught.value.status == status
            assert reason in caught.value.detail
            assert pieces_of(decode_sound(decoder, good, [(0, 1)])) == pieces_of(
                cut_sound(good, [(0, 1)])
            )


def test_what_came_before_a_death_is_there(make_sound, odd):
    path = make_sound("late_.wav", noise(3 * RATE_HZ))
    with Decoder() as decoder:
        pieces = decode_sound(decoder, path, [(0, 1), (1, 2), (2, 3)])
        found = [next(pieces), next(pieces)]
        with pytest.raises(MediaError, match="SIGSEGV"):
            next(pieces)
    assert pieces_of(found) == pieces_of(cut_sound(path, [(0, 1), (1, 2), (2, 3)]))[:2]


def test_who_leaves_in_the_middle_gets_nothing_of_it_later(make_sound):
    path = make_sound("a.wav", noise(30 * RATE_HZ))
    with Decoder() as decoder:
        next(iter(decode_sound(decoder, path, [(0, 30)])))
        assert pieces_of(decode_sound(decoder, path, [(5, 6)])) == pieces_of(
            cut_sound(path, [(5, 6)])
        )


def test_a_file_that_changes_while_it_is_read_is_a_read_error(make_sound):
    path = make_sound("a.wav", noise(60 * RATE_HZ))
    state = file_state(path)
    with Decoder() as decoder:
        pieces = decode_sound(decoder, path, [(0, 60)], state=state)
        next(pieces)
        with path.open("r+b") as stream:
            stream.seek(-1000, os.SEEK_END)
            stream.write(bytes(1000))
        with pytest.raises(ReadError, match="changed while"):
            list(pieces)


def test_a_decoder_that_sends_more_than_may_be_is_not_waited_for(make_sound, monkeypatch):
    path = make_sound("a.wav", noise(10 * RATE_HZ))
    monkeypatch.setattr(decoding_side, "MAX_BYTES", 100)
    monkeypatch.setattr(decoding_side, "GRACE_S", 0.1)
    with Decoder() as decoder, pytest.raises(ReadError, match="was ended by SIGKILL"):
        list(decode_sound(decoder, path, [(0.0, 1.0)]))


def test_a_decoder_that_does_not_start_is_no_property_of_a_file(make_sound, monkeypatch):
    monkeypatch.setattr(decoding_side, "COMMAND", (sys.executable, "-c", "import sys; sys.exit(1)"))
    with Decoder() as decoder, pytest.raises(DecoderError, match="exit code 1"):
        list(decode_sound(decoder, make_sound("a.wav", noise(10)), [(0, 1)]))


@pytest.mark.skipif(sys.platform == "win32", reason="a parent is not a number there")
def test_a_decoder_ends_with_a_killed_parent():
    program = (
        "import sys; from pathlib import Path; from pipeline.media import decoder as side;"
        "from pipeline.media.sound_service import decode_sound;"
        f"side.COMMAND = (sys.executable, '-c', {ODD!r}); d = side.Decoder(); "
        "p = d._started(); print(p.pid, flush=True); list(decode_sound(d, Path('hang_'), [(0, 1)]))"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 30
    while _is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _is_alive(child)


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().split()[2] != "Z"
