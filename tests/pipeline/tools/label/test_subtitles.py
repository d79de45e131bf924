"""WebVTT and SubRip by hand (W3C's WebVTT, section 4): times, voices, and no second arrow."""

from pipeline.tools.label.cues import Cue
from pipeline.tools.label.subtitles import ARROW, subrip, webvtt

CUES = [
    Cue("a.mp4", 0, 1234, "Ann", "So far", "happy", 0.834),
    Cue("a.mp4", 3_600_000, 3_723_004, "", "", "", reason="nothing found"),
]


def test_webvtt():
    assert webvtt(CUES) == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:01.234\n<v Ann>[happy 0.83] So far\n\n"
        "01:00:00.000 --> 01:02:03.004\n[no label: nothing found]\n"
    )


def test_subrip():
    assert subrip(CUES) == (
        "1\n00:00:00,000 --> 00:00:01,234\nAnn: [happy 0.83] So far\n\n"
        "2\n01:00:00,000 --> 01:02:03,004\n[no label: nothing found]\n"
    )


def test_no_words_make_a_cue_or_a_tag_of_their_own():
    evil = Cue("a.mp4", 0, 9, "<c>\nB", "x --> y\n\n9\n00:00 ---> 1 <script>", "sad")
    for written in (webvtt([evil]), subrip([evil])):
        assert written.count(ARROW) == 1
        assert len(written.strip().split("\n\n")) == 1 + written.startswith("WEBVTT")
    assert "<script>" not in webvtt([evil])
    assert "<v &lt;c&gt; B>" in webvtt([evil])


def test_hours_grow_as_they_must():
    (long,) = subrip([Cue("a.mp4", 0, 360_000_000, "", "", "sad")]).splitlines()[1:2]
    assert long == "00:00:00,000 --> 100:00:00,000"
