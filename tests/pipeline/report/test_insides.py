"""What is computed for the page: headline, missingness, routers, methods; by hand or by a loop."""

import numpy as np
import pandas as pd
import pytest

from pipeline.base.arrays import read_arrays
from pipeline.base.records import MODALITIES, Label
from pipeline.base.tables import read_rows
from pipeline.config.configuration import parse_config
from pipeline.evaluation.bootstrap import interval
from pipeline.report.headline import headlines, sentence
from pipeline.report.method_views import in_paper_order, method_views
from pipeline.report.missingness_page import missingness_part
from pipeline.report.router_page import by_layer, by_missingness
from pipeline.report.task_data import TaskResults, read_scores


def results_of(build):
    config = parse_config(build.config)
    return TaskResults(
        name="t",
        section=config.tasks["t"],
        classes=tuple(config.tasks["t"].classes),
        methods=method_views(config.methods, config.train.methods),
        train_rate=config.train.train_rate,
        protocol=config.protocol,
        scores=read_scores(build.folder / "t" / "scores.csv"),
        build=build.folder,
    )


def test_the_headline_is_the_mean_of_scores_within_its_interval(two_methods):
    results = results_of(two_methods[0])
    scores = results.scores[results.scores["metric"] == "weighted_f1"]
    means = scores.groupby(["method", "rate"])["value"].mean()
    low, high, average = headlines(results)
    assert [one.column for one in (low, high, average)] == ["0.0", "0.5", "average"]
    assert low.value == pytest.approx(means["iteacnet", 0.0])
    assert high.floor == pytest.approx(means["majority", 0.5])
    assert average.baseline_value == pytest.approx(means["gcnet"].mean())
    for one in (low, high, average):
        assert one.low < one.value < one.high
        assert one.gain_low < one.value - one.baseline_value < one.gain_high
    said = sentence([low, high, average], results.methods[0])
    assert f"{100 * (high.value - high.floor):+.1f} points" in said


def test_the_difference_to_an_equal_baseline_is_exactly_nothing(two_methods, monkeypatch):
    results = results_of(two_methods[0])
    twin = results.runs("iteacnet", "ume")
    monkeypatch.setattr(TaskResults, "runs", lambda self, method, way: twin)
    for one in headlines(results):
        assert (one.gain_low, one.gain_high) == (0, 0)


def test_missingness_equals_a_loop_over_masks(two_methods):
    build, _ = two_methods
    table = missingness_part(results_of(build)).tables[0].data
    labels = read_rows(build.folder / "t" / "labels.csv", Label)
    masks, _ = read_arrays(build.folder / "t" / "availability" / "0.5_7000.safetensors")
    seen_visual = read_arrays(build.folder / "c/features/visual.safetensors")[0]["extracted"]
    kept, missing = [], 0
    for row, label in enumerate(labels):
        fold = int(label.utterance_id[1]) % 2  # the one that tests its dialogue
        usable = masks[f"fold{fold}"][row].copy()
        usable[MODALITIES.index("visual")] &= seen_visual[row]
        kept.append(int(usable.sum()))
        missing += 3 - int(usable.sum())
    rows = table[(table["rate"] == 0.5) & table["cause"].str.startswith("in fact")]
    shares = rows.set_index("what")["share"]
    assert shares["cells missing"] == pytest.approx(missing / (3 * len(labels)))
    for n in range(4):
        assert shares[f"{n} usable"] == pytest.approx(kept.count(n) / len(labels))


def test_router_means_weigh_patterns_by_their_utterances():
    weights = np.array([[[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]])  # one layer, three patterns
    patterns = np.array([[True, True, False], [False, True, False], [True, False, False]])
    counts = np.array([2, 1, 1])  # a task without visual
    assert by_layer(weights, counts).tolist() == [[0.625, 0.375]]
    found = by_missingness(weights, patterns, counts, "audio")
    assert {name: one.tolist() for name, one in found.items()} == {
        "0": [1.0, 0.0],
        "1\nother": [0.0, 1.0],
        "1\nown": [0.5, 0.5],
    }


def test_designs_are_read_off_settings_and_the_main_method_comes_last(study):
    config = parse_config(study[0].config)
    methods = method_views(config.methods, config.train.methods)
    by_name = {method.name: method for method in methods}
    assert by_name["iteacnet"].framework == ("ITS", "TF", "NAS")
    assert by_name["its_tf_tf"].framework == ("ITS", "TF", "TF")
    assert by_name["ts_nas_tf"].framework == ("TS", "NAS", "TF")
    assert by_name["gcnet_framework_tf"].framework == ("GCNet", "TF", "-")
    assert [by_name[f"ecce_{n}"].context for n in ("none", "global", "full")] == [
        ("×", "×"),
        ("×", "✓"),
        ("✓", "✓"),
    ]
    order = [method.name for method in in_paper_order(methods)]
    assert (order[:2], order[-1]) == (["ae", "gcnet"], "iteacnet")
    with pytest.raises(ValueError, match="is no form of ITEACNet"):
        _ = by_name["gcnet"].framework


def test_an_interval_leaves_out_draws_without_a_score():
    draws = np.append(np.linspace(0, 1, 101), np.nan)
    assert interval(draws) == pytest.approx((0.025, 0.975))


def test_scores_keep_empty_text_and_nan_values(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(
        "task,method,fold,seed,train_rate,rate,selection,metric,value\n"
        "NA,majority,0,0,,0.0,train,correlation,nan\n"
    )
    row = read_scores(path).iloc[0]
    assert (row["task"], row["train_rate"]) == ("NA", "")
    assert pd.isna(row["value"])
