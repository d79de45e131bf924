"""Several tries as one voice: means worked out by hand, and tries that do not belong together."""

import json

import numpy as np
import pytest

from benchmarks.mix_tries import main, mixed
from benchmarks.search_recipe import RATES, Told

TARGET = np.array([0, 1])


def told(*rows):
    """The same probabilities at every rate and for one subset."""
    outputs = np.array(rows, dtype=np.float32)
    return Told(
        {**{f"{rate}": outputs for rate in RATES}, "text": outputs}, TARGET, "classification"
    )


FIRST, SECOND = told([0.9, 0.1], [0.6, 0.4]), told([0.4, 0.6], [0.2, 0.8])


def test_probabilities_are_averaged_by_their_shares():
    np.testing.assert_allclose(mixed([FIRST, SECOND], [1, 1]).outputs["text"][0], [0.65, 0.35])
    np.testing.assert_allclose(mixed([FIRST, SECOND], [3, 1]).outputs["text"][1], [0.5, 0.5])


def test_prints_the_score_of_the_mean(tmp_path, capsys):
    """Each alone is wrong of one utterance; their mean is wrong of none."""
    for name, said in (("first", FIRST), ("second", SECOND)):
        said.save(tmp_path / name / "0.npz")
        assert said.score().subsets["text"] < 70
    main([str(tmp_path / "first"), str(tmp_path / "second")])
    line = json.loads(capsys.readouterr().out)
    assert line["mixed"] == ["first", "second"]
    assert line["ume"] == line["subset_mean"] == 100


def test_refuses_tries_of_different_utterances():
    other = Told(FIRST.outputs, TARGET[::-1], "classification")
    with pytest.raises(ValueError, match="different utterances"):
        mixed([FIRST, other], [1, 1])
