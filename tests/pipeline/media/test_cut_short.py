"""A .wav that was broken off is told, whole files and streams of unknown length are not."""

import wave

import numpy as np
import pytest

from pipeline.media.cut_short import cut_short
from pipeline.media.damage import Damage
from pipeline.media.decoder import Decoder
from pipeline.media.sound_service import decode_sound


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as stream:
        stream.setparams((1, 2, 16000, 0, "NONE", ""))
        stream.writeframes(np.random.default_rng(0).integers(-9999, 9999, 32000, "<i2").tobytes())
    return path


def test_what_is_missing_is_counted(recording):
    whole = recording.read_bytes()
    assert len(whole) == 64_044
    assert cut_short(recording) == ""
    recording.write_bytes(whole[:30_000])
    assert cut_short(recording) == "the file is cut off: 30,000 of 64,044 bytes are there"

    damage = Damage()
    with Decoder() as decoder:
        list(decode_sound(decoder, recording, [(0.0, 1.0)], damage=damage))
    assert damage.describe() == "1 times, first: " + cut_short(recording)


@pytest.mark.parametrize("said", [b"\xff\xff\xff\xff", b"\0\0\0\0"])
def test_a_length_that_nobody_knew_says_nothing(recording, said):
    whole = recording.read_bytes()
    recording.write_bytes(whole[:4] + said + whole[8:30_000])
    assert cut_short(recording) == ""


def test_other_files_say_nothing(tmp_path):
    for content in (b"", b"RIFF", b"\x1aE\xdf\xa3" + bytes(40)):
        (tmp_path / "a.mkv").write_bytes(content)
        assert cut_short(tmp_path / "a.mkv") == ""
