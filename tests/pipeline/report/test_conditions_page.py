"""Tables of conditions, against scikit-learn and scipy on the predictions that lie there."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as t_distribution
from scipy.stats import ttest_rel
from sklearn.metrics import f1_score

from pipeline.base.arrays import read_arrays
from pipeline.base.records import MODALITIES, Label
from pipeline.base.tables import read_rows
from pipeline.report.conditions_page import conditions_part
from pipeline.report.masked_folds import masked_folds
from tests.pipeline.report.builds import write_build

BOTH = {"evaluations": ["ume", "ime"]}
NAMED = ("blocks:0.5:2.0", "dialogue:text", "rate:0.9:nothing-left")
ONLY = [
    *("audio", "text", "visual", "audio+text", "audio+visual", "text+visual", "audio+text+visual")
]


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """Two methods under all seven subsets and three conditions more; two folds and seeds."""
    build = write_build(
        tmp_path_factory.mktemp("named"),
        methods={
            "iteacnet": {"model": "iteacnet", **BOTH},
            "gcnet": {"model": "gcnet", **BOTH},
        },
        conditions=("subsets", *NAMED),
    )
    return build, build.report()


def runs_of(build, method, train_rate):
    runs = build.folder / "t" / "runs" / method / train_rate
    return {path.name: pd.read_csv(path / "predictions.csv") for path in sorted(runs.iterdir())}


def waf(table):
    return f1_score(table["target"], table["predicted"], average="weighted", zero_division=0)


def test_the_seven_subsets_are_rows_with_their_average(named):
    build, page = named
    table = conditions_part(build.results()).tables[0]
    heads = [row.cells[0].text for row in table.rows if row.group == "Subsets of modalities"]
    assert heads == [*(f"only:{name}" for name in ONLY), "average"]
    others = [row.cells[0].text for row in table.rows if row.group == "Other conditions"]
    assert others == ["blocks:0.5:2", "dialogue:text:0.5", "rate:0.9:nothing-left"]
    rates = [row.cells[0].text for row in table.rows if row.group == "Missing rates"]
    assert rates == ["0.0", "0.5", "average"]
    assert "only:audio+visual" in page


def test_it_is_said_under_which_conditions_nothing_is_left(named):
    build, page = named
    results = build.results()
    emptied = {name: [] for name in results.conditions if not name.startswith("0.")}
    for fold in masked_folds(results):
        if fold.condition in emptied:
            emptied[fold.condition] += [not any(cells) for cells in fold.usable.tolist()]

    told = [
        f"{100 * sum(rows) / len(rows):.1f} % under {name}"
        for name, rows in emptied.items()
        if any(rows)
    ]
    assert told
    assert told[-1].endswith("under rate:0.9:nothing-left")
    said = f"nothing was left, never extracted or withheld: {', '.join(told)}."
    assert said in conditions_part(results).tables[0].note
    assert said in page


@pytest.mark.parametrize("way", ["ume", "ime"])
def test_numbers_and_tests_come_from_the_predictions(named, way):
    build, _ = named
    data = build.table(f"t_conditions_{way}").query("group == 'Subsets of modalities'")
    data = data.set_index(["method", "column"])
    values = {}
    for name in ONLY:
        place = "0.5" if way == "ume" else f"only-{name.replace('+', '-')}"
        for method in ("iteacnet", "gcnet"):
            runs = runs_of(build, method, place).values()
            own = [waf(table[table["rate"].astype(str) == f"only:{name}"]) for table in runs]
            values[method, name] = own
            row = data.loc[method, f"only:{name}"]
            assert row["mean"] == pytest.approx(np.mean(own))
            assert row["std"] == pytest.approx(np.std(own, ddof=1))
            assert row["n_runs"] == 4

    pairs = [(values["iteacnet", name], values["gcnet", name]) for name in ONLY]
    pairs.append(tuple(np.mean([pair[side] for pair in pairs], axis=0) for side in (0, 1)))
    # Six dialogues are tested, one validates, five train; J = 4 runs.
    shrunk = np.sqrt((1 / 4) / (1 / 4 + 6 / 5))
    t = np.array([ttest_rel(*pair).statistic for pair in pairs]) * shrunk
    p_values = 2 * t_distribution.sf(np.abs(t), 3)
    smallest = np.nanargmin(p_values)  # Holm: times the number of comparisons that there are
    expected = min(1, np.count_nonzero(~np.isnan(p_values)) * p_values[smallest])
    column = [*(f"only:{name}" for name in ONLY), "average"][smallest]
    assert data.loc["iteacnet", column]["p_corrected_t_holm"] == pytest.approx(expected)


def test_patterns_are_counted_and_scored_as_a_loop_does(named):
    build, _ = named
    data = build.table("t_patterns_ume")
    labels = read_rows(build.folder / "t" / "labels.csv", Label)
    extracted = {
        name: read_arrays(build.folder / f"c/features/{name}.safetensors")[0]["extracted"]
        for name in MODALITIES
    }
    usable = {}
    for rate in ("0.0", "0.5"):
        masks, _ = read_arrays(build.folder / f"t/availability/{rate}_7000.safetensors")
        for row, label in enumerate(labels):
            fold = int(label.utterance_id[1:].partition("_")[0]) % 2
            kept = [m for i, m in enumerate(MODALITIES) if masks[f"fold{fold}"][row, i]]
            names = [m for m in kept if extracted[m][row]]
            usable[rate, label.utterance_id] = "+".join(names) or "nothing"
    table = runs_of(build, "gcnet", "0.5")["fold0_seed1"]
    chosen = [
        usable.get((str(r), u)) == "text"
        for r, u in zip(table["rate"], table["utterance_id"], strict=True)
    ]
    row = data.query("method == 'gcnet' and fold == 0 and seed == 1 and pattern == 'text'")

    assert row["value"].item() == pytest.approx(waf(table[chosen]))
    assert set(data["pattern"]) == set(usable.values())


def test_equity_is_taken_within_each_run(named):
    build, _ = named
    data = build.table("t_equity_ume")
    table = runs_of(build, "iteacnet", "0.5")["fold1_seed0"]
    scores = {name: waf(table[table["rate"] == f"only:{name}"]) for name in ONLY}
    alone = [scores[name] for name in MODALITIES]
    own = data.query("method == 'iteacnet' and fold == 1 and seed == 0").set_index("what")["value"]
    assert own["gap alone"] == pytest.approx(max(alone) - min(alone))
    lost = scores["audio+text+visual"] - scores["audio+visual"]
    assert own["lost without text"] == pytest.approx(lost)


def test_missingness_tells_what_each_condition_withholds(named):
    build, page = named
    assert "Conditions that end in <code>nothing-left</code> keep none" in page
    table = build.table("t_missingness").set_index(["rate", "cause", "what"])["share"]
    withheld = "withheld by the protocol"
    assert table["only:text", withheld, "text missing"] == 0
    assert table["only:text", withheld, "audio missing"] == 1
    assert table["rate:0.9:nothing-left", withheld, "cells missing"] == pytest.approx(0.9, abs=0.02)


def test_paper_tables_and_headline_are_of_rates_alone(named):
    build, _ = named
    assert set(build.table("table4")["column"]) == {"0.0", "0.5", "average"}
    assert set(build.table("t_headline")["column"]) == {"0.0", "0.5", "average"}


def test_without_named_conditions_only_patterns_are_shown(two_methods):
    build, _ = two_methods
    names = [table.name for table in conditions_part(build.results()).tables]
    assert names == ["t_patterns_ume"]


def test_sentiment_is_scored_by_pattern_too(make_build):
    build = make_build(kind="regression", conditions=("subsets",), seeds=(0,))
    build.report()
    values = build.table("t_patterns_ume")["value"]
    assert values.between(0, 1).sum() > 2
