"""labels.parquet, read by pyarrow and pandas: what labels.csv says, with types."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.pipeline.tools.label.new_corpora import label

TEXTS = {
    *("dialogue_id", "utterance_id", "media", "speaker", "text", "modalities", "missing", "face"),
    *("label", "reason"),
}


@pytest.fixture
def written(trained, corpus, tmp_path):
    """A folder of labels; one utterance has nothing, one no text."""
    for modality in ("audio", "text", "visual"):
        corpus.lose(modality, "s0d1_2")
    corpus.lose("text", "s0d1_1")
    out = tmp_path / "labels"
    label(trained("ae")[1], corpus.write(), out)
    return out


def test_it_is_the_table_with_types(written):
    table = pq.read_table(written / "labels.parquet")
    kinds = {field.name: str(field.type) for field in table.schema}
    assert kinds == {name: "string" if name in TEXTS else "double" for name in kinds}
    frame = pd.read_parquet(written / "labels.parquet")
    kept = dict.fromkeys(TEXTS, str)
    plain = pd.read_csv(written / "labels.csv", dtype=kept, keep_default_na=False, na_values=[""])
    assert list(frame.columns) == list(plain.columns)
    for name in plain:
        if name in TEXTS:
            assert frame[name].fillna("").tolist() == plain[name].fillna("").tolist()
        else:
            pd.testing.assert_series_equal(frame[name], plain[name].astype(float), rtol=1e-8)


def test_what_is_said_first_travels_with_it(written):
    told = json.loads(pq.read_schema(written / "labels.parquet").metadata[b"notes"])
    assert told == json.loads((written / "labels.json").read_text())["notes"]
    assert any("trained on" in line for line in told)


def test_the_same_labels_give_the_same_bytes(written, trained, tmp_path):
    before = (written / "labels.parquet").read_bytes()
    label(trained("ae")[1], tmp_path / "corpus", tmp_path / "again")
    assert (tmp_path / "again/labels.parquet").read_bytes() == before
