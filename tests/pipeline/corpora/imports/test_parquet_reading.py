"""The process that reads Parquet: bounded, and alone when it dies."""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.corpora.imports import parquet, parquet_reading
from pipeline.corpora.imports.imported import ImportFormatError


def save(tmp_path, columns):
    pq.write_table(pa.table(columns), tmp_path / "f.parquet")
    return tmp_path / "f.parquet"


def the_same(text, n):
    """A text that stands in n rows, and once in the file."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), [text])


def test_rows_that_take_no_bytes_count(tmp_path, monkeypatch):
    n = 100_000
    vectors = pa.array(np.zeros((n, 1)).tolist(), pa.list_(pa.float64()))
    path = save(tmp_path, {"dialogue_id": the_same("d", n), "audio": vectors})
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(parquet_reading, "ALWAYS_ALLOWED_BYTES", 1_000_000)
    monkeypatch.setattr(parquet_reading, "MAX_UNFOLDING", 1)
    with pytest.raises(ImportFormatError, match=r"100,000 rows take .* more than 1,000,000"):
        parquet_reading.read(path, {})


def test_a_column_of_other_rows_than_the_file_says_is_damage(tmp_path):
    """As a flipped bit in a page leaves it: pyarrow gives fewer values, and says nothing."""
    path = save(tmp_path, {"dialogue_id": ["a", "b"], "turn": [0, 1]})
    with pq.ParquetFile(path) as file:
        parquet_reading.check_lengths(path, {"dialogue_id": 2, "turn": 2}, file)
        with pytest.raises(ImportFormatError, match="turn has 1 rows, and the file says 2"):
            parquet_reading.check_lengths(path, {"dialogue_id": 2, "turn": 1}, file)


def test_a_long_text_in_many_rows_is_refused_before_it_fills_the_memory(tmp_path):
    n = 3000
    columns = {
        "dialogue_id": [f"d{row}" for row in range(n)], "turn": [0] * n,
        "sentence": the_same("x" * 1_000_000, n), "audio": [[1.0]] * n,
    }  # fmt: skip
    path = save(tmp_path, columns)
    assert path.stat().st_size < 2_000_000
    with pytest.raises(ImportFormatError, match="texts of sentence unfold to more than"):
        parquet.read(path, {})


def test_a_reader_that_dies_takes_nothing_with_it(tmp_path, monkeypatch):
    """As pyarrow 26 does at a damaged footer: `terminate called`, SIGABRT."""
    (tmp_path / "dies.py").write_text("import os\nos.abort()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(parquet, "READING", "dies")
    with pytest.raises(ImportFormatError, match=r"f.parquet: not a Parquet .* reader: SIGABRT"):
        parquet.read(tmp_path / "f.parquet", {})


def test_what_is_not_the_files_fault_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "READING", "no_such_module")
    with pytest.raises(OSError, match=rf"no_such_module ended with 1: {sys.executable}"):
        parquet.read(tmp_path / "f.parquet", {})
