"""Transcripts that independent libraries wrote, and files made to harm."""

import json
import time

import pytest

from pipeline.corpora.transcripts.choosing import told_beside
from pipeline.corpora.transcripts.eaf import parse_eaf
from pipeline.corpora.transcripts.reading import MAX_BYTES, TranscriptError
from pipeline.corpora.transcripts.rttm import parse_rttm
from pipeline.corpora.transcripts.subtitles import parse_srt, parse_vtt
from pipeline.corpora.transcripts.textgrid import parse_textgrid
from pipeline.corpora.transcripts.whisper_json import parse_json
from pipeline.corpora.turns import Turn

SAID = [Turn(0.5, 2.25, "ann", "I got the job!"), Turn(2.5, 4.0, "ben", 'So you "move" away.')]


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_subtitles_of_webvtt_py(tmp_path, kind):
    webvtt = pytest.importorskip("webvtt")
    captions = webvtt.WebVTT()
    for turn in SAID:
        times = [f"00:00:{time:06.3f}" for time in (turn.start_s, turn.end_s)]
        captions.captions.append(webvtt.Caption(*times, f"[{turn.speaker}]: {turn.text}"))
    path = tmp_path / f"talk.{kind}"
    captions.save(str(path)) if kind == "vtt" else captions.save_as_srt(str(path))
    parse = parse_vtt if kind == "vtt" else parse_srt
    assert parse(path.read_text(encoding="utf-8"), path.name) == SAID


def test_an_eaf_of_pympi(tmp_path):
    elan = pytest.importorskip("pympi.Elan")
    document = elan.Eaf()
    document.remove_tier("default")
    for turn in SAID:
        document.add_tier(f"text@{turn.speaker}", part=turn.speaker)
        document.add_tier(f"emotion@{turn.speaker}", part=turn.speaker)
        span = round(1000 * turn.start_s), round(1000 * turn.end_s)
        document.add_annotation(f"text@{turn.speaker}", *span, turn.text)
        document.add_annotation(f"emotion@{turn.speaker}", *span, "happy")
    path = tmp_path / "talk.eaf"
    document.to_file(str(path))
    assert parse_eaf(path.read_text(encoding="utf-8"), "talk.eaf") == SAID


@pytest.mark.parametrize("form", ["long_textgrid", "short_textgrid"])
def test_a_textgrid_of_praatio(tmp_path, form):
    textgrid = pytest.importorskip("praatio.textgrid")
    grid = textgrid.Textgrid()
    for turn in SAID:
        entries = [(turn.start_s, turn.end_s, turn.text)]
        grid.addTier(textgrid.IntervalTier(turn.speaker, entries, 0, 5))
    grid.addTier(textgrid.PointTier("claps", [(1.0, "clap")], 0, 5))
    path = tmp_path / "talk.TextGrid"
    grid.save(str(path), format=form, includeBlankSpaces=True)
    assert parse_textgrid(path.read_text(encoding="utf-8"), path.name) == SAID


def test_json_of_whisperx():
    segments = [
        {
            "start": t.start_s,
            "end": t.end_s,
            "text": f" {t.text}",
            "speaker": t.speaker,
            "words": [],
        }
        for t in SAID
    ]
    assert parse_json(json.dumps({"segments": segments, "language": "en"}), "talk.json") == SAID
    (turn,) = parse_json('{"segments": [{"start": 0, "end": 1, "avg_logprob": -0.5}]}', "a.json")
    assert turn.text_confidence == 0.607  # exp(-0.5)


def test_rttm_of_nist():
    text = "SPKR-INFO talk 1 <NA> <NA> <NA> unknown ann <NA>\n"
    text += "SPEAKER talk 1 0.50 1.75 <NA> <NA> ann <NA> <NA>\n"
    assert parse_rttm(text, "talk.rttm") == [Turn(0.5, 2.25, "ann")]


def test_marks_of_subtitles_are_no_words():
    text = "WEBVTT\n\nNOTE no cue\n\nSTYLE\n::cue {}\n\n1\n00:01.000 --> 00:02.000 align:start\n"
    text += "<v.loud Mary &amp; Jo>Hello <i>there</i>\nyou\n"
    assert parse_vtt(text, "a.vtt") == [Turn(1.0, 2.0, "Mary & Jo", "Hello there you")]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><A>&b;</A>'


@pytest.mark.parametrize(
    ("parse", "text", "told"),
    [
        (parse_eaf, BOMB, r"x line 1: has a document type"),
        (parse_eaf, "<A>" * 60, r"x line 1: elements deeper than 50"),
        (parse_eaf, "<A>\n<B>\n</A>", r"x line 3: not XML: mismatched tag"),
        (parse_eaf, '<A>\n<TIME_SLOT TIME_VALUE="1e99"/></A>', r"x line 2: TIME_VALUE '1e99'"),
        (parse_eaf, "<A/>", r"x: holds no tier"),
        (parse_srt, "1\n00:00:01,000 --> soon\nhi", r"x line 2: '00:00:01,000 --> soon'"),
        (parse_srt, "1\n00:00:05,000 --> 00:00:01,000\nhi", r"x line 2: the times 5 to 1 s cannot"),
        (parse_vtt, "hello", r"x line 1: does not begin with WEBVTT"),
        (parse_json, "[" * 100_000, r"x: not read: its brackets are too deep|x line 1: not JSON"),
        (parse_json, '{"segments": [{"start": NaN, "end": 1}]}', r"segments\[0\]: start is nan"),
        (parse_json, '{"segments": [{"start": 0, "end": 1, "text": 3}]}', r"text is 3, expected"),
        (parse_json, "{\n\n", r"x line 3: not JSON"),
        (parse_json, '{"segments": 3}', r"has no list `segments`"),
        (parse_rttm, "\nSPEAKER a 1 x 2 <NA> <NA> ann", r"x line 2: 'x', '2': not seconds"),
        (parse_rttm, "SPEAKER a 1", r"x line 1: 3 fields"),
        (parse_rttm, "SPEAKER a 1 nan 2 <NA> <NA> ann", r"x line 1: the times nan"),
        (parse_textgrid, "abc", r"x line 1: ends before"),
        (
            parse_textgrid,
            '"ooTextFile"\n"TextGrid"\n0 1 <exists> 999999',
            r"x line 3: 999999 is not",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_file_and_line(parse, text, told):
    with pytest.raises(TranscriptError, match=told):
        parse(text, "x")


@pytest.mark.parametrize("size", ["1e999", "-1", "1.5"])
def test_a_textgrid_announces_a_number_that_can_be(size):
    text = f'"ooTextFile"\n"TextGrid"\n0 5 <exists>\n{size}\n"IntervalTier"\n'
    with pytest.raises(TranscriptError, match=r"a.TextGrid line 4: .* is not how many"):
        parse_textgrid(text, "a.TextGrid")


@pytest.mark.parametrize("mark", ["<v.", "<v" + 90 * " ", "<v.a b", "{\\", "<", "[a"])
def test_marks_that_never_close_cost_no_minutes(mark):
    """Sixty thousand of them took minutes where each was looked for to the end of its cue."""
    words = mark * (200_000 // len(mark))
    started = time.monotonic()
    (turn,) = parse_vtt(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{words}\n", "a.vtt")
    assert time.monotonic() - started < 5
    assert (turn.start_s, turn.end_s, turn.speaker) == (1.0, 2.0, "")


def test_half_a_character_of_json_becomes_the_mark_of_what_cannot_be_read():
    """Python's own writer of JSON writes it; no text file can hold it (Unicode 3.2.3)."""
    segment = {"start": 0, "end": 1, "text": "a\ud83d b", "speaker": "\udfff"}
    (turn,) = parse_json(json.dumps({"segments": [segment]}), "a.json")
    assert (turn.text, turn.speaker) == ("a\ufffd b", "\ufffd")
    whole = {**segment, "text": "\U0001f600", "speaker": ""}
    assert parse_json(json.dumps({"segments": [whole]}), "a.json")[0].text == "\U0001f600"


def test_a_transcript_is_bounded(tmp_path):
    with (tmp_path / "a.srt").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(TranscriptError, match=r"a\.srt: has 67,108,865 bytes"):
        told_beside(tmp_path, ["a.srt"])
    (tmp_path / "b.srt").write_bytes(b"1\n\xff\n")
    with pytest.raises(TranscriptError, match=r"b\.srt line 2: not UTF-8"):
        told_beside(tmp_path, ["b.srt"])


def test_a_link_out_of_the_folder_is_not_read(tmp_path):
    (tmp_path / "secret").write_text("1\n00:00:00,000 --> 00:00:01,000\nsecret")
    root = tmp_path / "corpus"
    root.mkdir()
    (root / "a.srt").symlink_to(tmp_path / "secret")
    with pytest.raises(TranscriptError, match=r"a\.srt: is a link to a place outside"):
        told_beside(root, ["a.srt"])


def test_the_first_transcript_counts_and_rttm_names_speakers(tmp_path):
    (tmp_path / "a.json").write_text('{"title": "no transcript"}')
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:02.000\nhello\n")
    (tmp_path / "a.srt").write_text("broken --> broken")
    (tmp_path / "a.rttm").write_text("SPEAKER a 1 0.0 1.0 <NA> <NA> ann <NA> <NA>")
    told = told_beside(tmp_path, ["a.json", "a.vtt", "a.srt", "a.rttm"])
    assert told is not None
    assert told.source == "a.vtt"
    assert told.turns == (Turn(0.0, 2.0, "ann", "hello"),)
    assert told.note == "utterances of a.vtt, speakers of a.rttm; not used: a.json, a.srt"
    assert told_beside(tmp_path, ["a.json"]) is None
