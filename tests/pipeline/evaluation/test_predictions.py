import csv
import tracemalloc

import numpy as np
import pytest
from scipy.special import softmax

from pipeline.evaluation.predictions import OutputError, probabilities, write_predictions
from pipeline.evaluation.scoring import read_predictions

NAMES = ["u0", "u1"], ["d0", "d0"]


def read(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_probabilities_agree_with_scipy_and_do_not_overflow():
    logits = np.array([[1.0, 2.0, -3.0], [1000.0, 0.0, -1000.0]], np.float32)
    assert np.allclose(probabilities(logits), softmax(logits.astype(float), axis=-1))


def test_classes_are_those_of_the_largest_logit_at_each_rate(tmp_path):
    outputs = np.array([[[0.0, 1.0], [2.0, 0.0]], [[1.0, 0.0], [0.0, 0.5]]], np.float32)
    write_predictions(tmp_path / "p.csv", ["0.0", "0.7"], *NAMES, ["a", "b"], outputs, ["a", "b"])
    rows = read(tmp_path / "p.csv")
    assert [(r["rate"], r["utterance_id"], r["predicted"]) for r in rows] == [
        ("0.0", "u0", "b"),
        ("0.0", "u1", "a"),
        ("0.7", "u0", "a"),
        ("0.7", "u1", "b"),
    ]
    assert [r["target"] for r in rows] == ["a", "b", "a", "b"]
    assert float(rows[0]["score_b"]) == pytest.approx(1 / (1 + np.exp(-1)))


def test_values_keep_every_bit_of_a_float32(tmp_path):
    values = np.random.default_rng(0).normal(0, 1, (1, 2, 1)).astype(np.float32)
    write_predictions(tmp_path / "p.csv", ["0.0"], *NAMES, ["-1.4", "0.0"], values, [])
    rows = read(tmp_path / "p.csv")
    assert list(rows[0]) == ["rate", "utterance_id", "dialogue_id", "target", "predicted"]
    assert np.float32([r["predicted"] for r in rows]).tolist() == values[0, :, 0].tolist()


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("classes", [["a", "b"], []])
def test_what_is_no_number_is_refused_and_is_no_vote_for_the_first_class(tmp_path, value, classes):
    outputs = np.ones((2, 2, max(len(classes), 1)), np.float32)
    outputs[1, 1, -1] = value
    told = "no finite number for 1 utterance, the first is u1 under 0.7: .*standardize: true"
    with pytest.raises(OutputError, match=told):
        write_predictions(tmp_path / "p.csv", ["0.0", "0.7"], *NAMES, ["1", "2"], outputs, classes)
    assert list(tmp_path.iterdir()) == []


def test_a_class_that_is_ruled_out_is_a_share_of_nothing(tmp_path):
    outputs = np.array([[[0.0, -np.inf], [-np.inf, 3.0]]], np.float32)
    write_predictions(tmp_path / "p.csv", ["0.0"], *NAMES, ["a", "b"], outputs, ["a", "b"])
    rows = read(tmp_path / "p.csv")
    assert [(row["predicted"], row["score_a"]) for row in rows] == [("a", "1"), ("b", "0")]


def test_memory_does_not_grow_with_the_number_of_scores(tmp_path):
    """Scores of 2 x 200 utterances and 500 classes: 2.4 MB of text, held a row at a time."""
    outputs = np.random.default_rng(0).standard_normal((2, 200, 500)).astype(np.float32)
    classes, ids = [f"c{n}" for n in range(500)], [f"u{n}" for n in range(200)]
    path = tmp_path / "predictions.csv"
    tracemalloc.start()
    write_predictions(path, ["0.0", "0.5"], ids, ids, ["c1"] * 200, outputs, classes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 2e6
    assert peak < 5e5
    table = read_predictions(path, "classification")
    assert list(table) == ["rate", "utterance_id", "dialogue_id", "target", "predicted"]
    assert table["predicted"].tolist() == [f"c{n}" for n in outputs.argmax(axis=2).flat]
