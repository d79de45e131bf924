"""labels.csv, read by Python's own csv: every number comes back, and what nobody knows is empty."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest

from pipeline.base.records import Utterance
from pipeline.tools.label.table import (
    LabelRow,
    columns,
    cues_of,
    found_of,
    told_missing,
    write_labels,
)

NAN = math.nan
ANN = Utterance("u1", "d", 0, "Ann", "s", "a/talk.mp4", 1.25, math.inf, "full", 'so, "he" said\n')
LABELED = LabelRow(
    ANN,
    end_s=2.5,
    modalities=("audio", "visual"),
    label="happy",
    shares=(0.75, 0.25),
    disagreement=0.5,
    expected=(0.7, 0.6, 0.8),
    reason="",
    missing={"text": "empty"},
    face="mouth",
)
SILENT = LabelRow(
    replace(ANN, utterance_id="u2", text=""),
    end_s=NAN,
    modalities=(),
    label="",
    shares=(),
    disagreement=NAN,
    expected=(NAN, NAN, NAN),
    reason="nothing found",
)


def written(path, rows, names):
    write_labels(path, rows, names)
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_row_stands_under_its_columns(tmp_path):
    row, empty = written(tmp_path / "t.csv", [LABELED, SILENT], ("happy", "sad"))
    assert row == {
        **{"dialogue_id": "d", "utterance_id": "u1", "media": "a/talk.mp4", "start_s": "1.25"},
        **{"end_s": "2.5", "speaker": "Ann", "text": 'so, "he" said\n'},
        **{"modalities": "audio visual", "missing": "text empty", "face": "mouth"},
        **{"label": "happy", "probability_happy": "0.75", "probability_sad": "0.25"},
        **{"confidence": "0.75", "disagreement": "0.5", "expected_accuracy": "0.7"},
        **{"expected_low": "0.6", "expected_high": "0.8", "reason": ""},
    }
    filled = {name for name, cell in empty.items() if cell}
    assert filled == {"dialogue_id", "utterance_id", "media", "start_s", "speaker", "reason"}


def test_names_without_probabilities_have_no_columns(tmp_path):
    (row,) = written(tmp_path / "t.csv", [replace(LABELED, shares=())], ())
    assert not any(name.startswith("probability_") for name in row)
    assert row["confidence"] == ""
    assert list(row) == columns(())


def test_every_32_bit_number_comes_back(tmp_path):
    """Nine digits are enough for it: IEEE 754, `FLT_DECIMAL_DIG` of C."""
    values = np.random.default_rng(0).random(500, np.float32)
    rows = [replace(LABELED, shares=(float(value),)) for value in values]
    found = written(tmp_path / "t.csv", rows, ("x",))
    assert np.array_equal(np.array([r["probability_x"] for r in found], np.float32), values)


def test_a_cue_is_the_row_in_milliseconds():
    (cue,) = cues_of([LABELED])
    assert (cue.media, cue.start_ms, cue.end_ms) == ("a/talk.mp4", 1250, 2500)
    assert (cue.label, cue.confidence, cue.place) == ("happy", 0.75, 0)


@pytest.mark.parametrize(
    "row", [SILENT, replace(LABELED, utterance=replace(ANN, media=""))], ids=["no end", "no file"]
)
def test_what_has_no_place_is_on_no_time_line_and_leaves_the_others_theirs(row):
    assert [cue.place for cue in cues_of([row, LABELED])] == [1]


def test_a_withheld_label_shows_no_confidence():
    """The row keeps its probabilities; the time line says why there is no label."""
    (cue,) = cues_of([replace(LABELED, label="", reason="too risky")])
    assert cue.confidence is None
    assert cue.told == "no label: too risky"


def test_modalities_are_named_in_their_order():
    found = np.array([[True, False, True], [False, False, False]])
    assert list(found_of(found)) == [("audio", "visual"), ()]
    assert told_missing({"audio": "silent", "visual": "no_face"}) == "audio silent, visual no_face"
