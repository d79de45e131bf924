"""A .wav that was broken off is told, whole files and streams of unknown length are not."""

import wave

import av
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


ENCODED = {"mp3": ("mp3", "libmp3lame"), "opus": ("ogg", "libopus")}


def encoded(path, kind, **options):
    """Twenty seconds of noise as FFmpeg's own writers store them."""
    container, codec = ENCODED[kind]
    samples = np.random.default_rng(0).integers(-9999, 9999, (1, 20 * 48_000), "<i2")
    with av.open(str(path), "w", format=container, options=options) as out:
        stream = out.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.rate = 48_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return path


@pytest.mark.parametrize("share", [0.1, 0.6, 0.999])
@pytest.mark.parametrize("kind", ENCODED)
def test_broken_off_compressed_sound_is_told(tmp_path, kind, share):
    path = encoded(tmp_path / f"a.{kind}", kind)
    whole = path.read_bytes()
    assert cut_short(path) == ""
    n_kept = int(share * len(whole))
    path.write_bytes(whole[:n_kept])
    told = f"{n_kept:,} of {len(whole):,} bytes are there" if kind == "mp3" else "it ends within a"
    assert cut_short(path).startswith("the file is cut off: ")
    assert told in cut_short(path)


def test_an_mp3_behind_pictures_and_before_a_title_is_whole(tmp_path):
    path = encoded(tmp_path / "a.mp3", "mp3", id3v2_version="0")
    whole = path.read_bytes()
    tag = b"ID3\x03\x00\x00" + bytes((0, 0, 0x27, 0x10)) + bytes(0x27 * 128 + 0x10)
    path.write_bytes(tag + whole + b"TAG" + bytes(125))
    assert cut_short(path) == ""
    path.write_bytes(tag + whole[:-2000])
    n_all = len(tag + whole)
    assert cut_short(path) == f"the file is cut off: {n_all - 2000:,} of {n_all:,} bytes are there"


def test_an_mp3_without_a_header_of_its_length_says_nothing(tmp_path):
    path = encoded(tmp_path / "a.mp3", "mp3", write_xing="0")
    path.write_bytes(path.read_bytes()[:9000])
    assert cut_short(path) == ""


def test_a_stream_that_ends_with_a_whole_page_that_is_not_its_last_is_told(tmp_path):
    path = encoded(tmp_path / "a.opus", "opus")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rfind(b"OggS")])
    assert cut_short(path) == "the file is cut off: no page is marked as its last"


@pytest.mark.parametrize("kind", ENCODED)
def test_other_bytes_after_a_known_beginning_end_in_no_error(tmp_path, kind):
    path = encoded(tmp_path / f"a.{kind}", kind)
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for length in (0, 1, 3, 4, 11, 12, 26, 27, 30, 60, 400):
        path.write_bytes(whole[:length])
        assert isinstance(cut_short(path), str)
        path.write_bytes(whole[:4] + rng.bytes(length))
        assert isinstance(cut_short(path), str)
