"""Predictions that their own probabilities, or the tables, contradict."""

import pandas as pd

from pipeline.tools.bundles.checking import faults_of_rows, faults_of_scores


def test_a_prediction_is_the_class_that_its_probabilities_put_first():
    table = pd.DataFrame(
        [("0.3", "u1", "sad", "0.4", "0.6"), ("0.3", "u2", "sad", "0.7", "0.3"),
         ("0.3", "u3", "sad", "0.5", "0.5")],
        columns=["rate", "utterance_id", "predicted", "score_happy", "score_sad"],
    )  # fmt: skip
    said = "predicted is sad, of probability 0.3; that of happy is 0.7"
    found = list(faults_of_scores(table, ["happy", "sad"]))
    assert found == [f"utterance u2 under condition 0.3: {said}"]


def test_every_test_utterance_once_under_every_condition():
    rows = [("0.0", "a"), ("0.0", "b"), ("0.3", "a"), ("0.3", "a"), ("0.3", "x"), ("9", "a")]
    table = pd.DataFrame(rows, columns=["rate", "utterance_id"])
    assert list(faults_of_rows(table, ["0.0", "0.3"], ["a", "b"])) == [
        "condition '9' is none of 0.0, 0.3",
        "condition 0.3 lacks 1 utterance of 2: b",
        "condition 0.3 has, though the fold does not test them, 1 utterance of 2: x",
        "condition 0.3 has twice 1 utterance of 2: a",
    ]
