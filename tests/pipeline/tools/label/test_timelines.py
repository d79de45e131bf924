"""Each written format is read by a reader of others: webvtt-py, ffmpeg, pympi-ling, praatio.

`make test` installs the readers (requirements-dev.lock).
"""

import itertools
import xml.etree.ElementTree as ET
from dataclasses import replace

import av
import numpy as np
import pytest

from pipeline.base.files import UnsafePathError
from pipeline.tools.label.cues import Cue, by_media, lanes, span_ms
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.timelines import FORMATS, write_timelines
from tests.pipeline.tools.label.new_corpora import label, read_table

webvtt = pytest.importorskip("webvtt")
elan = pytest.importorskip("pympi.Elan")
textgrid = pytest.importorskip("praatio.textgrid")

HOSTILE = '<b>"quoted"</b> & 5 --> 6\n\n7\n00:00:01,000 --> 00:00:02,000\x00 \ufffe end'
PLAIN = '<b>"quoted"</b> & 5 --> 6 7 00:00:01,000 --> 00:00:02,000 end'
CUES = [
    Cue("talk.mp4", 500, 2250, "Ann", "Hello, you", "happy", 0.8312),
    Cue("talk.mp4", 2000, 3000, "Bob", HOSTILE, "sad", 0.5),
    Cue("talk.mp4", 2100, 4000, "Ann", "and again", "happy", 0.61),  # over her own first one
    Cue("talk.mp4", 4000, 3_723_004, "Ann", "到了", "", None, "nothing found in any modality"),
]


@pytest.fixture
def written(tmp_path):
    assert write_timelines(tmp_path, CUES) == 1
    return {suffix: tmp_path / f"talk.labels{suffix}" for suffix in FORMATS}


def plain(text):
    return " ".join(text.replace("\x00", " ").replace("\ufffe", "").split())


def test_webvtt(written):
    read = webvtt.read(str(written[".vtt"]))
    assert [(cue.start, cue.end) for cue in read] == [
        ("00:00:00.500", "00:00:02.250"),
        ("00:00:02.000", "00:00:03.000"),
        ("00:00:02.100", "00:00:04.000"),
        ("00:00:04.000", "01:02:03.004"),
    ]
    assert [cue.voice for cue in read] == ["Ann", "Bob", "Ann", "Ann"]
    assert read[0].text == "[happy 0.83] Hello, you"
    escaped = PLAIN.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert plain(read[1].text) == f"[sad 0.50] {escaped}"
    assert read[3].text == "[no label: nothing found in any modality] 到了"


@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_ffmpeg_reads_subtitles(written, suffix):
    with av.open(str(written[suffix])) as file:
        packets = [packet for packet in file.demux(file.streams.subtitles[0]) if packet.size]
    spans = [(packet.pts, packet.pts + packet.duration) for packet in packets]
    assert spans == [(cue.start_ms, cue.end_ms) for cue in CUES]  # its time base is a millisecond
    if suffix == ".srt":
        texts = [bytes(packet).decode().strip() for packet in packets]
        assert texts[0] == "Ann: [happy 0.83] Hello, you"
        assert plain(texts[1]) == f"Bob: [sad 0.50] {PLAIN}".replace("-->", "->")


TIERS = {
    "text@Ann": [(500, 2250, "Hello, you"), (4000, 3_723_004, "到了")],
    "emotion@Ann": [(500, 2250, "happy"), (4000, 3_723_004, "")],
    "confidence@Ann": [(500, 2250, "0.8312"), (4000, 3_723_004, "")],
    "text@Bob": [(2000, 3000, PLAIN)],
    "emotion@Bob": [(2000, 3000, "sad")],
    "confidence@Bob": [(2000, 3000, "0.5000")],
    "text@Ann (2)": [(2100, 4000, "and again")],
    "emotion@Ann (2)": [(2100, 4000, "happy")],
    "confidence@Ann (2)": [(2100, 4000, "0.6100")],
}


def test_elan(written):
    read = elan.Eaf(str(written[".eaf"]))
    found = {name: read.get_annotation_data_for_tier(name) for name in read.get_tier_names()}
    assert {
        name: [(start, end, plain(value or "")) for start, end, value in spans]
        for name, spans in found.items()
    } == TIERS
    assert read.get_parameters_for_tier("text@Ann (2)")["PARTICIPANT"] == "Ann"
    assert read.media_descriptors[0]["RELATIVE_MEDIA_URL"] == "./talk.mp4"
    ids = [element.get("ANNOTATION_ID") for element in ET.parse(written[".eaf"]).iter()]
    named = [tier_id for tier_id in ids if tier_id is not None]
    assert len(named) == len(set(named)) == sum(map(len, TIERS.values()))


def test_praat(written):
    read = textgrid.openTextgrid(str(written[".TextGrid"]), includeEmptyIntervals=True)
    assert set(read.tierNames) == set(TIERS)
    assert read.maxTimestamp == 3723.004
    for name, spans in TIERS.items():
        entries = list(read.getTier(name).entries)
        assert entries[0].start == 0
        assert entries[-1].end == 3723.004
        assert all(a.end == b.start for a, b in itertools.pairwise(entries))
        told = [(e.start, e.end, plain(e.label)) for e in entries if e.label]
        assert told == [(start / 1000, end / 1000, value) for start, end, value in spans if value]


def test_labels_without_probabilities_have_no_tier_of_them(tmp_path):
    write_timelines(tmp_path, [Cue("a.wav", 0, 900, "", "x", "0.25")])
    read = elan.Eaf(str(tmp_path / "a.labels.eaf"))
    assert set(read.get_tier_names()) == {"text@utterances", "emotion@utterances"}
    assert webvtt.read(str(tmp_path / "a.labels.vtt"))[0].text == "[0.25] x"


def test_a_span_lasts_a_millisecond_at_least():
    assert span_ms(1.0004, 1.0004001) == (1000, 1001)
    assert span_ms(0.5, 2.25) == (500, 2250)


def test_a_lane_never_overlaps_and_holds_every_cue():
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 3000, 200)
    cues = [
        Cue("m", int(start), int(start + rng.integers(1, 400)), "AB"[k % 2], "", "x")
        for k, start in enumerate(starts)
    ]
    cues += [replace(cues[0], speaker="A (2)")]  # as the second lane of A would be called
    found = lanes(by_media(cues)["m"])
    assert sum(map(len, found.values())) == len(cues)
    for row in found.values():
        assert len({cue.speaker for cue in row}) == 1
        assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(row))


def test_speakers_that_are_written_alike_share_their_tiers(tmp_path):
    """EAF asks for tiers of unique names, and readers of TextGrid refuse two of one name."""
    names = ["A", "A\x01", "A ", "\x01", ""]
    write_timelines(tmp_path, [Cue("a.wav", 0, 900, name, name, "happy") for name in names])
    tiers = [tier.get("TIER_ID") for tier in ET.parse(tmp_path / "a.labels.eaf").iter("TIER")]
    lanes_of = ["A", "A (2)", "A (3)", "utterances", "utterances (2)"]
    told = {f"{kind}@{name}" for name in lanes_of for kind in ("text", "emotion")}
    assert sorted(tiers) == sorted(told)
    read = textgrid.openTextgrid(str(tmp_path / "a.labels.TextGrid"), includeEmptyIntervals=True)
    assert set(read.tierNames) == told


@pytest.mark.parametrize("text", ["--->", "<!-- x ---->", "-->-->", "- -->"])
def test_no_text_holds_the_arrow_of_a_cue(tmp_path, text):
    write_timelines(tmp_path, [Cue("a.wav", 0, 900, text, text, "happy", reason=text)])
    for suffix in (".srt", ".vtt"):
        assert (tmp_path / f"a.labels{suffix}").read_text().count("-->") == 1


def test_files_of_the_same_name_have_their_own(tmp_path):
    names = ["x/clip.mp4", "x/clip.mov", "y/clip.mp4", "y/Other.mp4"]
    names += ["x/CLIP.MP4.wav"]  # its stem is, but for case, the name that a clip.mp4 falls back to
    write_timelines(tmp_path, [Cue(name, 0, 1000, "", name, "happy") for name in names])
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.vtt"))
    assert found == [
        *("x/CLIP.MP4.wav.labels.vtt", "x/clip.mov.labels.vtt", "x/clip.mp4.labels.vtt"),
        *("y/Other.labels.vtt", "y/clip.labels.vtt"),
    ]


@pytest.mark.parametrize("media", ["../out.mp4", "/tmp/out.mp4", "link/out.mp4"])
def test_nothing_is_written_outside_the_folder(tmp_path, media):
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "in/link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafePathError):
        write_timelines(tmp_path / "in", [Cue(media, 0, 1000, "", "", "happy")])
    assert not list(tmp_path.rglob("*.labels.*"))


def test_the_command_writes_what_its_table_says(trained, corpus, tmp_path, capsys):
    """Ends that the table leaves open come from what was found; who has none is counted."""
    rows = [
        replace(utterance, media=f"{utterance.dialogue_id}.mp4", text="so")
        for utterance in corpus.utterances
    ]
    rows[0] = replace(rows[0], end_s=float("inf"))
    rows[1] = replace(rows[1], end_s=float("inf"))
    rows[2] = replace(rows[2], media="")
    corpus.utterances = rows
    seconds = np.full((len(rows), 2), np.nan, np.float32)
    seconds[0] = np.inf, 0.75
    corpus.stores["audio"] = replace(corpus.stores["audio"], seconds=seconds)
    label(trained("ae")[1], corpus.write(), tmp_path / "lines")
    assert "2 utterances have no file or no known end" in capsys.readouterr().err

    table = {row["utterance_id"]: row for row in read_table(tmp_path / "lines/labels.csv")}
    ends = [table[utterance.utterance_id]["end_s"] for utterance in rows[:3]]
    assert ends == [f"{rows[0].start_s + 0.75:g}", "", f"{rows[2].end_s:g}"]
    for dialogue in {utterance.dialogue_id for utterance in rows}:
        cues = webvtt.read(str(tmp_path / f"lines/{dialogue}.labels.vtt"))
        told = [row for row in table.values() if row["media"] == f"{dialogue}.mp4" and row["end_s"]]
        told.sort(key=lambda row: float(row["start_s"]))
        assert [cue.start_in_seconds for cue in cues] == [float(row["start_s"]) for row in told]
        for cue, row in zip(cues, told, strict=True):
            share = max(float(v) for name, v in row.items() if name.startswith("probability_"))
            assert cue.text == f"[{row['label']} {share:.2f}] so"
            assert cue.voice == row["speaker"]


def test_a_corpus_without_media_has_no_time_lines(trained, corpus, tmp_path, capsys):
    label(trained("ae")[1], corpus.write(), tmp_path / "labels")
    assert not list(tmp_path.rglob("*.vtt"))


@pytest.mark.parametrize("media", [".", ""])
def test_media_without_a_name_are_refused(tmp_path, media):
    with pytest.raises(LabelError, match="names no media file"):
        write_timelines(tmp_path, [replace(CUES[0], media=media)])


@pytest.mark.parametrize("letter", ["到", "x", "👍"])
def test_a_name_as_long_as_names_can_be_gets_its_time_lines(tmp_path, letter):
    """yt-dlp names files by the titles of videos; two long ones may begin alike."""
    titles = [letter * (240 // len(letter.encode())) + end for end in ("a", "b")]
    for title in titles:
        (tmp_path / f"{title}.mp4").touch()  # the system takes the name
    cues = [Cue(f"sub/{title}.mp4", 0, 900, "", "x", "happy") for title in titles]
    assert write_timelines(tmp_path / "out", cues) == 2
    found = [path.name for path in (tmp_path / "out/sub").iterdir()]
    assert len(found) == 2 * len(FORMATS)
    assert all(name.startswith(letter * 50) and ".labels." in name for name in found)
