"""Importing one .parquet, written by pyarrow and pandas: lists, nulls, nested frames, refusals."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.corpora.imports.imported import ImportFormatError
from pipeline.corpora.imports.parquet import read


@pytest.fixture
def columns():
    return {
        "utterance_id": ["v_10", "v_2", "w_1"],
        "dialogue_id": ["v", "v", "w"],
        "sentence": ["ten", None, "one"],
        "sentiment": [1.5, -1.0, None],
        "is_loud": [True, False, True],
        "media": ["v.mp4", "v.mp4", "w.mp4"],
        "audio": [[0.0, 1.0], [2.0, 3.0], None],
        "text_minilm": pa.array([[1.0] * 4] * 3, pa.list_(pa.float32(), 4)),
    }


def save(tmp_path, columns, **more):
    path = tmp_path / "features.parquet"
    pq.write_table(pa.table(columns), path, **more)
    return path


def test_rows_come_in_order_of_turns_with_their_vectors(tmp_path, columns):
    imported = read(save(tmp_path, columns), {"audio": "audio", "text": "text_minilm"})
    assert [u.utterance_id for u in imported.utterances] == ["v_2", "v_10", "w_1"]
    assert imported.utterances[1].text == "ten"
    vectors = imported.vectors["audio"]
    assert [None if v is None else v.tolist() for v in vectors] == [[2.0, 3.0], [0.0, 1.0], None]
    assert imported.vectors["text"][0].tolist() == [1.0] * 4
    values = {(a.utterance_id, a.name): a.value for a in imported.annotations}
    assert values == {
        **{("v_10", "sentiment"): "1.5", ("v_2", "sentiment"): "-1.0"},
        **{("v_10", "is_loud"): "True", ("v_2", "is_loud"): "False", ("w_1", "is_loud"): "True"},
    }


def test_what_pandas_writes_is_read(tmp_path, columns):
    del columns["text_minilm"]
    frame = pd.DataFrame(columns)
    frame["audio"] = [np.array([0.0, 1.0]), np.array([2.0, 3.0]), None]
    frame["mood"] = pd.Categorical(["low", None, "high"])
    frame.to_parquet(tmp_path / "features.parquet")
    imported = read(tmp_path / "features.parquet", {})
    assert imported.vectors["audio"][0].tolist() == [2.0, 3.0]
    assert {a.value for a in imported.annotations if a.name == "mood"} == {"low", "high"}


def test_frames_are_averaged_over_time(tmp_path, columns):
    columns["audio"] = [[[1.0, 2.0], [3.0, 6.0]], [[5.0, 5.0]], []]
    imported = read(save(tmp_path, columns), {})
    found = [None if v is None else v.tolist() for v in imported.vectors["audio"]]
    assert found == [[5.0, 5.0], [2.0, 4.0], None]


def test_a_number_that_is_null_or_no_number_makes_the_vector_missing(tmp_path, columns):
    columns["audio"] = [[0.0, None], [float("nan"), 3.0], [1.0, 1.0]]
    imported = read(save(tmp_path, columns), {})
    assert [vector is None for vector in imported.vectors["audio"]] == [True, True, False]


def test_what_is_not_read_is_told(tmp_path, columns):
    columns["when"] = pa.array([0, 1, 2], pa.timestamp("s"))
    imported = read(save(tmp_path, columns), {})
    assert "not read, since no key of `arrays` names it: text_minilm" in imported.notes[-1]
    assert "when (timestamp" in imported.notes[-1]


def test_decimals_of_databases_are_numbers(tmp_path, columns):
    """DuckDB writes DECIMAL(10, 0) of whole numbers so; the ids alone would say another order."""
    columns["turn"] = pa.array([Decimal(0), Decimal(1), Decimal(0)], pa.decimal128(10, 0))
    columns["sentiment"] = pa.array([Decimal("1.50"), None, Decimal("-0.25")], pa.decimal128(9, 2))
    imported = read(save(tmp_path, columns), {})
    assert [u.utterance_id for u in imported.utterances] == ["v_10", "v_2", "w_1"]
    values = [a.value for a in imported.annotations if a.name == "sentiment"]
    assert list(map(float, values)) == [1.5, -0.25]


def test_a_modality_may_have_the_name_of_a_column_of_ours(tmp_path, columns):
    columns["sentence"] = columns.pop("text_minilm")
    imported = read(save(tmp_path, columns), {"text": "sentence"})
    assert imported.vectors["text"][0].tolist() == [1.0] * 4


def test_texts_as_views_are_texts(tmp_path, columns):
    columns["dialogue_id"] = pa.array(columns["dialogue_id"], pa.string_view())
    assert [u.dialogue_id for u in read(save(tmp_path, columns), {}).utterances] == ["v", "v", "w"]


def test_some_kilobytes_of_many_rows_take_neither_minutes_nor_memory(tmp_path):
    n_rows = 2_000_001
    zeros = pa.array(np.zeros(n_rows, np.int8))
    vectors = pa.FixedSizeListArray.from_arrays(zeros, 1)
    path = save(tmp_path, {"dialogue_id": zeros, "turn": zeros, "audio": vectors})
    assert path.stat().st_size < 100_000
    with pytest.raises(ImportFormatError, match="2,000,001 rows, at most 2,000,000 are read"):
        read(path, {})


@pytest.mark.parametrize(
    ("change", "names", "message", "key"),
    [
        ({"turn": pa.array([0, 1, 2], pa.timestamp("s"))}, {}, "turn holds timestamp", ""),
        ({"utterance_id": [b"a", b"b", b"c"]}, {}, "utterance_id holds binary, expected a", ""),
        ({"audio": None}, {}, "none of audio, text, visual is a column .*minilm", "arrays"),
        ({}, {"text": "nope"}, "'nope' is not a column .*audio, text_minilm", "arrays.text"),
        ({"dialogue_id": None}, {}, "no column `dialogue_id` of texts or numbers", ""),
        ({"audio": [[[1.0], [2.0, 3.0]], [], []]}, {}, "row 0 of audio: all input arrays", ""),
        ({"audio": [[[1.0], None], [], []]}, {}, "row 0 of audio: a frame of it is null", ""),
    ],
)  # fmt: skip
def test_refusals_name_what_is_wrong(tmp_path, columns, change, names, message, key):
    columns = {name: value for name, value in (columns | change).items() if value is not None}
    with pytest.raises(ImportFormatError, match=message) as caught:
        read(save(tmp_path, columns), names)
    assert caught.value.key == key


def test_two_columns_of_one_name_are_refused(tmp_path, columns):
    table = pa.table(columns)
    path = tmp_path / "features.parquet"
    pq.write_table(table.append_column("audio", table["audio"]), path)
    with pytest.raises(ImportFormatError, match="two columns have one name"):
        read(path, {})


def test_something_else_is_refused(tmp_path):
    path = tmp_path / "features.parquet"
    path.write_text("not a table")
    with pytest.raises(ImportFormatError, match="not a Parquet file that can be read"):
        read(path, {})
