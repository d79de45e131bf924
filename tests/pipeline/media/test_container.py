"""FFmpeg reads the file that it is given, and no other file or host."""

import logging
import struct
import wave

import av
import numpy as np
import pytest

from pipeline.media.container import open_media
from pipeline.media.errors import MediaError, ReadError, UnreadableError
from tests.pipeline.media.sounds import read_waveforms

pytestmark = pytest.mark.fresh


@pytest.fixture
def secret(make_sound):
    return make_sound("secret.wav", np.ones(16000, np.int16))


def lists_of(secret):
    """Files that name another one, as FFmpeg's demuxers hls, concat, sdp and dash read them."""
    return {
        "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:1.0,\n{}\n#EXT-X-ENDLIST\n",
        "concat": "ffconcat version 1.0\nfile '{}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=audio 5004 RTP/AVP 0\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="audio/wav">'
        "<Representation id=\"1\" bandwidth=\"1\"><BaseURL>{}</BaseURL></Representation>"
        "</AdaptationSet></Period></MPD>",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["hls", "concat", "sdp", "dash"])
@pytest.mark.parametrize("suffix", ["mp4", "m3u8", "txt"])
def test_a_list_of_other_files_is_refused_under_any_name(tmp_path, secret, kind, suffix):
    path = tmp_path / f"list.{suffix}"
    path.write_text(lists_of(secret)[kind].format(secret))
    with pytest.raises(UnreadableError), open_media(path):
        pass


def test_the_lists_of_this_test_are_real(tmp_path, secret):
    # FFmpeg left alone follows the list: what is refused above is not merely misspelt.
    path = tmp_path / "list.txt"
    path.write_text(lists_of(secret)["concat"].format(secret))
    with av.open(str(path), options={"safe": "0"}) as opened:
        assert sum(frame.samples for frame in opened.decode(audio=0)) == 16000


def test_a_container_that_asks_for_a_second_file_gets_none(secret):
    with open_media(secret) as opened, pytest.raises(PermissionError, match=r"other\.mp4"):
        opened.io_open("other.mp4", 0, {})


def test_broken_media_write_nothing_to_the_terminal(tmp_path, make_sound, capfd, caplog):
    path = make_sound("a.mp4", np.zeros((1, 64000), np.float32), codec="aac", sample_format="fltp")
    content = bytearray(path.read_bytes())
    content[40:2000] = np.random.default_rng(0).bytes(1960)
    path.write_bytes(content)
    (tmp_path / "b.mp4").write_bytes(content[: len(content) // 2])
    with caplog.at_level(logging.DEBUG):
        found = [dict(read_waveforms(broken, [(0, 4)]))[0] for broken in (path, tmp_path / "b.mp4")]
    assert all(isinstance(error, MediaError) for error in found)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_a_file_that_may_not_be_read_says_nothing_of_its_content(secret, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(secret), "open", refuse)
    with pytest.raises(ReadError, match="Permission denied"), open_media(secret):
        pass


def with_title(path, title):
    """A WAV file of a second whose LIST/INFO chunk carries `title`, as Microsoft's RIFF has it."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(np.tile([1000, -1000], 8000).astype("<i2").tobytes())
    whole = path.read_bytes()
    info = b"INFO" + b"INAM" + struct.pack("<I", len(title)) + title
    chunk = b"LIST" + struct.pack("<I", len(info)) + info
    size = struct.pack("<I", len(whole) - 8 + len(chunk))
    path.write_bytes(whole[:4] + size + whole[8:36] + chunk + whole[36:])


def test_a_title_that_is_no_utf8_does_not_stop_the_reading(tmp_path):
    path = tmp_path / "latin1.wav"
    with_title(path, "Gespräch über Äpfel!".encode("latin-1"))
    with pytest.raises(UnicodeDecodeError), av.open(str(path)):
        pass  # what PyAV does with it where nobody says otherwise
    ((_, waveform),) = read_waveforms(path, [(0, 1)])
    assert len(waveform) == 16000
