"""What methods said: means over seeds of calibrated probabilities, counted again by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluation.calibration import FILE
from pipeline.report.told import pattern_of, runs_told, states_of, told_by
from tests.pipeline.report.task_artefacts import CLASSES

MODALITIES = ("audio", "text", "visual")


def runs_of(build, utterance, method="iteacnet"):
    fold = int(utterance[1:].partition("_")[0]) % 2
    return [build.folder / f"t/runs/{method}/0.5/fold{fold}_seed{seed}" for seed in (0, 1)]


def row_of(path, utterance, rate):
    table = pd.read_csv(path / "predictions.csv", dtype={"rate": str})
    return table[(table["rate"] == rate) & (table["utterance_id"] == utterance)].iloc[0]


@pytest.mark.parametrize("utterance", ["d3_0", "d4_2", "d0_3"])
@pytest.mark.parametrize("rate", ["0.0", "0.5"])
def test_classes_are_those_of_the_mean_of_calibrated_probabilities(two_methods, utterance, rate):
    build, _ = two_methods
    results = build.results()
    states = states_of(results)
    fold = int(utterance[1:].partition("_")[0]) % 2
    pattern = pattern_of(states[fold][rate, utterance], MODALITIES)

    shares = []
    for path in runs_of(build, utterance):
        temperatures = json.loads((path / FILE).read_text(encoding="utf-8"))["temperatures"]
        temperature = temperatures.get(pattern, temperatures["all"])
        row = row_of(path, utterance, rate)
        powers = np.array([row[f"score_{name}"] for name in CLASSES]) ** (1 / temperature)
        shares.append(powers / powers.sum())
    mean = np.mean(shares, axis=0)

    told = told_by(results, results.main, states)
    found = told.table.set_index(["rate", "utterance_id"]).loc[(rate, utterance)]
    assert found["predicted"] == CLASSES[mean.argmax()]
    assert found["confidence"] == pytest.approx(mean.max(), rel=1e-5)
    assert (told.n_seeds, told.is_calibrated) == (2, True)


def test_numbers_are_means_over_seeds_and_sides_have_probabilities(make_build):
    build = make_build(kind="regression")
    results = build.results()
    told = told_by(results, results.main, states_of(results)).table
    found = told.set_index(["rate", "utterance_id"]).loc[("0.5", "d3_0")]
    values = [row_of(path, "d3_0", "0.5")["predicted"] for path in runs_of(build, "d3_0")]
    assert found["predicted"] == pytest.approx(np.mean(values))
    assert 0 < found["confidence"] < 1


def test_values_on_a_scale_have_no_probability(make_build):
    build = make_build(kind="dimensional")
    results = build.results()
    told = told_by(results, results.main, states_of(results))
    assert told.table["confidence"].isna().all()
    assert not told.is_calibrated


def test_without_probabilities_the_first_seed_speaks(make_build):
    """A mean over labels alone would be a guess."""
    build = make_build()
    for path in build.folder.glob("t/runs/*/*/*/predictions.csv"):
        table = pd.read_csv(path, dtype=str)
        table[[name for name in table if not name.startswith("score_")]].to_csv(path, index=False)
    results = build.results()
    told = told_by(results, results.main, states_of(results))
    first, _ = runs_of(build, "d3_0")
    found = told.table.set_index(["rate", "utterance_id"]).loc[("0.5", "d3_0")]
    assert found["predicted"] == row_of(first, "d3_0", "0.5")["predicted"]
    assert told.n_seeds == 1


def test_models_of_one_rate_speak_of_that_rate_alone(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet", "evaluations": ["ime"]}}, seeds=(0,))
    results = build.results()
    runs = list(runs_told(results, results.main, states_of(results)))
    assert {(run.fold, *set(run.table["rate"])) for run in runs} == {
        (fold, rate) for fold in (0, 1) for rate in ("0.0", "0.5")
    }
    told = told_by(results, results.main, states_of(results)).table
    assert len(told) == 2 * len(build.utterances)


def test_states_tell_withheld_from_never_there(two_methods):
    build, _ = two_methods
    states = states_of(build.results())
    assert states[0]["0.0", "d0_3"] == "ttn"  # no face was found
    assert "w" in "".join(word for (rate, _), word in states[1].items() if rate == "0.5")
    assert pattern_of("ttn", MODALITIES) == "audio+text"
    assert pattern_of("wwn", MODALITIES) == "nothing"
