"""Result tables: means, markers against the strongest baseline, the paper's numbers beside."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.report.formats import latex_text, percent, to_latex, to_markdown
from pipeline.report.results import result_table

COLUMNS = ["task", "method", "train_rate", "fold", "seed", "rate", "metric", "value"]


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    base = {"majority": 0.3, "ae": 0.5, "gcnet": 0.6, "iteacnet": 0.7}
    rows = [
        (
            "iemocap4",
            method,
            "0.7",
            fold,
            seed,
            rate,
            "weighted_f1",
            mean - rate / 10 + rng.normal() / 100,
        )
        for method, mean in base.items()
        for fold in range(5)
        for seed in range(2)
        for rate in (0.0, 0.7)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def table(scores):
    return result_table(
        "4", "iemocap4", "UME <caption> & 100 %", scores, ["majority", "ae", "gcnet", "iteacnet"]
    )


def test_the_strongest_baseline_is_the_one_with_the_best_average(table):
    assert table.strongest == "gcnet"
    assert table.columns == ("0.0", "0.7", "average")


def test_cells_hold_mean_deviation_and_the_papers_value(table, scores):
    chosen = scores[(scores["method"] == "iteacnet") & (scores["rate"] == 0.0)]["value"]
    cell = table.rows["iteacnet"][0]
    assert cell.mean == pytest.approx(chosen.mean())
    assert cell.std == pytest.approx(chosen.std(ddof=1))
    assert (cell.n, cell.published) == (10, "77.13")


def test_p_values_are_scipys_times_the_number_of_comparisons_at_least(table, scores):
    by = {
        m: scores[(scores["method"] == m) & (scores["rate"] == 0.0)]["value"].tolist()
        for m in ("iteacnet", "gcnet")
    }
    raw = stats.ttest_rel(by["iteacnet"], by["gcnet"]).pvalue
    assert raw <= table.rows["iteacnet"][0].p_t <= 6 * raw * (1 + 1e-9)
    assert np.isnan(table.rows["gcnet"][0].p_t)
    assert table.rows["iteacnet"][0].marker == "**"


def test_every_format_shows_the_same_numbers(table):
    shown = percent(table.rows["ae"][1]).split(" ")[0]
    assert shown in to_markdown(table)
    assert shown in to_latex(table)
    frame = table.long_form()
    row = frame[(frame["method"] == "ae") & (frame["column"] == "0.7")].iloc[0]
    assert f"{100 * row['mean']:.2f}" == shown.split(" ")[0]


def test_latex_escapes_what_latex_would_run():
    assert latex_text(r"50% \input{x} a_b & c") == (r"50\% \textbackslash{}input\{x\} a\_b \& c")
