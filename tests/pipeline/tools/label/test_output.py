"""A folder of labels: its files say the same, and what they leave out is said on the terminal."""

import csv
import json
import math
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from pipeline.tools.label.labelling import Labelled
from pipeline.tools.label.output import LabelSource, write_folder
from tests.pipeline.tools.label.test_table import ANN, LABELED, SILENT

NAMES = ("happy", "sad")
SOURCE = LabelSource(["made of people"], [{"model": "ae"}], warns_first=False, risk=0.3)
ROWS = [
    replace(LABELED, face="a face"),
    SILENT,
    replace(LABELED, utterance=replace(ANN, utterance_id="u3", media="b.wav"), face="side"),
    replace(LABELED, utterance=replace(ANN, utterance_id="u4", media=""), label="", face="2 faces"),
]


@pytest.fixture
def write(tmp_path):
    def write(rows=ROWS, source=SOURCE):
        labelled = Labelled(rows, NAMES)
        write_folder(tmp_path, labelled, source, NAMES, tmp_path / "videos", has_copies=False)
        return tmp_path

    return write


def test_the_sidecar_counts_what_the_table_says(write):
    folder = write()
    told = json.loads((folder / "labels.json").read_text())
    with (folder / "labels.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert told["n_utterances"] == len(rows) == 4
    assert told["n_labels"] == sum(bool(row["label"]) for row in rows) == 2
    assert told["columns"] == list(rows[0]) == pq.read_table(folder / "labels.parquet").column_names
    assert told["n_faces"] == {"face": 2, "of_the_speaker": 1, "ambiguous": 1}
    assert (told["notes"], told["runs"], told["risk"]) == (
        *(["made of people"], [{"model": "ae"}], 0.3),
    )


def test_only_rows_with_a_file_and_an_end_are_on_time_lines(write, capsys):
    folder = write()
    lines = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.labels.*"))
    kinds = (".TextGrid", ".eaf", ".srt", ".vtt")
    assert lines == [f"{name}.labels{kind}" for name in ("a/talk", "b") for kind in kinds]

    said = capsys.readouterr()
    assert "note: 2 utterances have no file or no known end: on no time line" in said.err
    assert "1 of 2 utterances with a face: one person is seen" in said.err
    assert said.out == (
        f"2 files have .vtt, .srt, .eaf, .TextGrid in {folder}\n"
        f"2 of 4 utterances have a label in {folder / 'labels.csv'}\n"
    )


def test_without_any_time_line_nothing_is_said_of_them(write, capsys):
    folder = write([replace(SILENT, end_s=math.nan)])
    assert capsys.readouterr().out == (
        f"0 of 1 utterances have a label in {folder / 'labels.csv'}\n"
    )


def test_where_all_have_a_place_and_the_speakers_face_there_is_no_note(write, capsys):
    write([LABELED])
    assert capsys.readouterr().err == ""


def test_what_nobody_may_overlook_is_marked_on_the_page(write):
    plain = (write() / "timeline.html").read_text()
    loud = (write(source=replace(SOURCE, warns_first=True)) / "timeline.html").read_text()
    assert plain != loud
    assert plain.count("made of people") == loud.count("made of people") == 1
