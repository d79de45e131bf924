"""What label writes is read back as a table: as it was, and as pympi's ELAN corrected it."""

import os
import shutil
from contextlib import suppress
from dataclasses import replace

import pytest

from pipeline.config.corpora import CorpusSettings
from pipeline.corpora import folder as reader
from pipeline.tools.corrected import main
from pipeline.tools.label.corrected import read_corrected
from pipeline.tools.label.cues import Cue
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.timelines import write_timelines
from tests.pipeline.damaging import try_all
from tests.pipeline.tools.label.new_corpora import label, read_table

elan = pytest.importorskip("pympi.Elan")
CUES = [
    Cue("a/talk 1.mp4", 500, 2250, "Ann", "Hello, <you>", "happy", 0.83),
    Cue("a/talk 1.mp4", 2000, 3000, "Bob", "到了 & so", "sad", 0.5),
    Cue("a/talk 1.mp4", 2100, 4000, "Ann", "and again", "", None, "nothing found"),
    Cue("b.wav", 0, 900, "", "", "happy", 0.9),
]


@pytest.fixture
def written(tmp_path):
    write_timelines(tmp_path / "labels", CUES)
    return tmp_path / "labels"


def read_back(folder, out):
    main([str(folder), "--out", str(out)])
    return read_table(out)


def test_nothing_corrected_gives_what_was_written(written, tmp_path):
    rows = read_back(written, tmp_path / "table.csv")
    found = [
        (
            *(r["media"], round(1000 * float(r["start_s"])), round(1000 * float(r["end_s"]))),
            *(r["speaker"], r["text"], r["emotion"]),
        )
        for r in rows
    ]
    assert found == [(c.media, c.start_ms, c.end_ms, c.speaker, c.text, c.label) for c in CUES]
    assert [r["dialogue_id"] for r in rows] == ["a_talk_1"] * 3 + ["b"]
    assert len({r["utterance_id"] for r in rows}) == 4


def test_what_elan_changed_is_what_is_read(written, tmp_path):
    """Saved by pympi: a label, a word and a span changed, an emotion added where nobody spoke."""
    path = written / "a/talk 1.labels.eaf"
    file = elan.Eaf(str(path))
    file.remove_annotation("emotion@Ann", 600)
    file.add_annotation("emotion@Ann", 480, 2300, "angry")
    file.remove_annotation("text@Bob", 2500)
    file.add_annotation("text@Bob", 2100, 3100, "arrived")
    file.add_annotation("emotion@Bob", 5000, 6000, "sad")
    file.to_file(str(path))
    rows = read_back(written, tmp_path / "table.csv")
    ann, bob, _, alone = rows[:4]
    assert (ann["emotion"], ann["start_s"], ann["end_s"]) == ("angry", "0.5", "2.25")
    assert (bob["text"], bob["emotion"], bob["start_s"]) == ("arrived", "sad", "2.1")
    assert (alone["text"], alone["emotion"], alone["start_s"]) == ("", "sad", "5.0")


def test_the_table_is_one_that_the_workflow_reads(written, tmp_path):
    for media in ("a/talk 1.mp4", "b.wav"):
        (written / media).parent.mkdir(exist_ok=True)
        (written / media).write_bytes(b"")
    read_back(written, written / "utterances.csv")
    raw = reader.read(written, CorpusSettings(reader="folder", root=str(written)))
    assert [(u.speaker, u.text) for u in raw.utterances] == [(c.speaker, c.text) for c in CUES]
    told = {a.utterance_id: a.value for a in raw.annotations if a.name == "emotion"}
    ids = [u.utterance_id for u in raw.utterances]
    assert [told.get(id_, "") for id_ in ids] == [c.label for c in CUES]


def test_a_corrected_labels_csv_is_a_table_as_it_is(trained, corpus, tmp_path):
    corpus.utterances = [replace(row, media="m.mp4", text="so") for row in corpus.utterances]
    rows = label(trained("ae")[1], corpus.write(), tmp_path / "labels")
    (tmp_path / "labels" / "m.mp4").write_bytes(b"")
    settings = CorpusSettings(reader="folder", root="x", utterances="labels.csv")
    raw = reader.read(tmp_path / "labels", settings)
    assert [u.utterance_id for u in raw.utterances] == [row["utterance_id"] for row in rows]
    told = {a.utterance_id: a.value for a in raw.annotations if a.name == "label"}
    assert told == {row["utterance_id"]: row["label"] for row in rows}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<a", "is not XML"),
        ("<html/>", "not an ANNOTATION_DOCUMENT"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><ANNOTATION_DOCUMENT/>', "declares entities"),
        ("<ANNOTATION_DOCUMENT/>", "names no media file"),
        (
            '<ANNOTATION_DOCUMENT><HEADER><MEDIA_DESCRIPTOR MEDIA_URL="../../etc/passwd"/></HEADER>'
            '<TIER TIER_ID="other"/></ANNOTATION_DOCUMENT>',
            "has no tier text@NAME",
        ),
    ],
)
def test_what_is_no_file_of_labels_is_named(written, tmp_path, content, message):
    path = written / "b.labels.eaf"
    path.write_text(content)
    with pytest.raises(SystemExit, match=message) as caught:
        read_back(written, tmp_path / "table.csv")
    assert str(path) in str(caught.value)
    assert not (tmp_path / "table.csv").exists()


@pytest.mark.parametrize(("make", "message"), [(os.mkfifo, "is not a file"), (os.mkdir, "Is a d")])
def test_what_is_no_file_is_not_waited_for(written, tmp_path, make, message):
    make(written / "c.labels.eaf")
    with pytest.raises(SystemExit, match=message):
        read_back(written, tmp_path / "table.csv")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('TIME_VALUE="900"', "", "has no time: align"),
        ('TIME_VALUE="900"', 'TIME_VALUE="0"', "from 0 to 0 ms"),
        ('TIME_VALUE="900"', 'TIME_VALUE="-4"', "from 0 to -4 ms"),
        ('TIME_VALUE="900"', f'TIME_VALUE="{"9" * 400}"', "from 0 to 9{20} ms"),
        ('TIME_VALUE="900"', f'TIME_VALUE="{"9" * 5000}"', "has no time: align"),
    ],
)
def test_an_annotation_without_a_span_is_named(written, tmp_path, old, new, message):
    path = written / "b.labels.eaf"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(SystemExit, match=message):
        read_back(written, tmp_path / "table.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_every_encoding(written, encoding):
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><ANNOTATION_DOCUMENT>&a;</ANNOTATION_DOCUMENT>'
    content = f'<?xml version="1.0" encoding="{encoding}"?>{bomb}'
    (written / "b.labels.eaf").write_bytes(content.encode(encoding))
    with pytest.raises(LabelError, match="declares entities"):
        read_corrected(written)


def test_500_damaged_files_give_rows_or_our_error(written):
    def attempt():
        with suppress(LabelError):
            read_corrected(written)

    try_all(sorted(written.rglob("*.labels.eaf")), attempt)


def test_a_file_that_is_there_and_a_folder_without_any_are_refused(written, tmp_path):
    (tmp_path / "table.csv").write_text("mine")
    with pytest.raises(SystemExit, match="is there already"):
        read_back(written, tmp_path / "table.csv")
    shutil.rmtree(written / "a")
    (written / "b.labels.eaf").unlink()
    with pytest.raises(SystemExit, match="holds no"):
        read_back(written, tmp_path / "other.csv")
