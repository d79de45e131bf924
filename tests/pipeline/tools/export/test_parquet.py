"""A corpus as Parquet, read by pyarrow and by pandas."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.pipeline.tools.export.small_corpus import (
    DIMS,
    TEXTS,
    export,
    utterances,
    write_corpus,
    write_task,
)


@pytest.fixture
def corpus(tmp_path):
    return write_corpus(tmp_path / "build/talks", lost=[("visual", 2), ("audio", 0)])


def test_pyarrow_reads_utterances_annotations_and_vectors(corpus, tmp_path):
    export(corpus, "--format", "parquet", "--out", tmp_path / "c.parquet")
    table, rows = pq.read_table(tmp_path / "c.parquet"), utterances()
    assert table["utterance_id"].to_pylist() == [row.utterance_id for row in rows]
    assert table["turn"].to_pylist() == [row.turn for row in rows]
    assert table["end_s"].to_pylist() == [row.end_s for row in rows]
    assert table["sentence"].to_pylist() == [row.text or None for row in rows]
    assert set(TEXTS) - {""} == set(table["sentence"].to_pylist()) - {None}
    assert table["sentiment"].to_pylist() == ["-2.5", "-1.5", "-0.5", None, "1.5", "2.5"]
    visual = table["visual"]
    assert str(visual.type.value_type) == "float"
    assert [vector is None for vector in visual.to_pylist()] == [k == 2 for k in range(6)]
    assert {len(v) for v in visual.to_pylist() if v is not None} == {DIMS["visual"]}


def test_pandas_reads_it_and_labels_of_a_task_are_columns(corpus, tmp_path):
    more = ("--task", write_task(tmp_path / "build/mood"), "--fold", 1)
    export(corpus, "--format", "parquet", "--out", tmp_path / "c.parquet", *more)
    frame = pd.read_parquet(tmp_path / "c.parquet")
    assert frame["label"].fillna("").tolist() == ["0", "1", "2", "3", "4", ""]
    assert frame["split"].tolist() == ["validation"] * 2 + ["test"] * 2 + ["train"] * 2
    assert np.stack(frame["text"]).shape == (6, DIMS["text"])


def test_the_same_corpus_gives_the_same_bytes(corpus, tmp_path):
    export(corpus, "--format", "parquet", "--out", tmp_path / "c.parquet")
    before = (tmp_path / "c.parquet").read_bytes()
    export(corpus, "--format", "parquet", "--out", tmp_path / "c.parquet")
    assert (tmp_path / "c.parquet").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["c.parquet"]
