"""The doctor opens every media file, in the process that has limits."""

import sys

import numpy as np
import pytest

from pipeline.media import decoder
from pipeline.tools.doctor import main
from tests.pipeline import clips
from tests.pipeline.tools.doctoring import TABLE, write_sound


def test_corpus_without_any_media_is_missing_something(configfile, corpus, capsys):
    (corpus / "a.mp4").unlink()
    with pytest.raises(SystemExit):
        main(["--configfile", configfile()])
    assert "MISSING  mine: all 1 media files, e.g. a.mp4: is not there" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty (0 bytes)"), (b"RIFF\0\0\0\0AVI ", "unreadable: not a media file")],
)
def test_what_is_called_present_is_opened(configfile, corpus, capsys, content, reason):
    (corpus / "utterances.csv").write_text(TABLE + "u4,d,b.avi,sad,test\n")
    (corpus / "b.avi").write_bytes(content)
    with pytest.raises(SystemExit):
        main(["--configfile", configfile()])
    said = capsys.readouterr().out
    assert f"MISSING  mine: 1 of 2 media files cannot be used, e.g. b.avi: {reason}" in said
    row = next(line for line in said.splitlines() if "media files" in line and "│" in line)
    assert [cell.strip() for cell in row.split("│")[3:-1]] == ["media files", "-", "1", "1"]


DYING = """
import os, signal
from pipeline.media import decoding, header_service
real = header_service.open_media
def open_media(path):
    if path.name == "evil.mp4":
        os.kill(os.getpid(), signal.SIGSEGV)
    return real(path)
header_service.open_media = open_media
decoding.main()
"""


def test_a_file_that_kills_its_decoder_is_named_and_the_others_are_opened(
    configfile, corpus, capsys, monkeypatch
):
    monkeypatch.setattr(decoder, "COMMAND", (sys.executable, "-c", DYING))
    rows = "u4,d,evil.mp4,sad,test\nu5,d,z.mp4,sad,test\n"
    (corpus / "utterances.csv").write_text(TABLE + rows)
    (corpus / "evil.mp4").write_bytes(b"x")
    write_sound(corpus / "z.mp4")
    with pytest.raises(SystemExit):
        main(["--configfile", configfile()])
    said = capsys.readouterr().out
    assert "1 of 3 media files cannot be used, e.g. evil.mp4: unreadable: the decoder died" in said


def test_a_video_without_sound_is_media(configfile, corpus, capsys):
    pictures = [np.zeros((64, 64, 3), np.uint8)] * 5
    clips.write_video(corpus / "silent.mp4", pictures, [k / 5 for k in range(5)], rate=5)
    (corpus / "utterances.csv").write_text(TABLE + "u4,d,silent.mp4,sad,test\n")
    main(["--configfile", configfile()])
    assert "media: silent.mp4" not in capsys.readouterr().out
