"""Result blocks: means, markers against the strongest baseline, the paper's numbers beside."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.evaluation.aggregate import AVERAGE
from pipeline.report.measures import MEASURES
from pipeline.report.method_views import FLOOR_VIEWS, MethodView
from pipeline.report.paper_tables import _notes
from pipeline.report.results import block

COLUMNS = ["task", "method", "train_rate", "fold", "seed", "rate", "metric", "value"]
AE, GCNET, OURS = (MethodView(name, name, name) for name in ("ae", "gcnet", "iteacnet"))

WAF = MEASURES["weighted_f1"]


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    means = {"majority": 0.3, "ae": 0.5, "gcnet": 0.6, "iteacnet": 0.7}
    rows = [
        ("iemocap4", method, "0.7", fold, seed, rate, "weighted_f1", mean - rate / 10 + noise)
        for method, mean in means.items()
        for fold in range(5)
        for seed in range(2)
        for rate, noise in zip((0.0, 0.7), rng.normal(0, 0.01, 2), strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def table(scores):
    columns = ["0.0", "0.7", AVERAGE]
    return block(
        *("4", "iemocap4", WAF, scores),
        *([FLOOR_VIEWS["majority"], AE, GCNET, OURS], columns, GCNET, 0.25),
    )


def values(scores, method, rate):
    return scores[(scores["method"] == method) & (scores["rate"] == rate)]["value"]


def test_results_hold_mean_deviation_and_the_papers_value(table, scores):
    chosen, result = values(scores, "iteacnet", 0.0), table.results["iteacnet", "0.0"]
    assert result.mean == pytest.approx(chosen.mean())
    assert result.std == pytest.approx(chosen.std(ddof=1))
    assert (result.n, result.published) == (10, "77.13")
    assert table.results["majority", "0.0"].published == ""


def test_p_values_are_scipys_corrected_over_the_whole_block(table, scores):
    pairs = [values(scores, m, 0.0).tolist() for m in ("iteacnet", "gcnet")]
    # Ten runs; 1/10 + 0.25 in the place of 1/10 makes t sqrt(3.5) times smaller.
    t = stats.ttest_rel(*pairs).statistic / np.sqrt(3.5)
    raw_t, raw_w = 2 * stats.t.sf(abs(t), 9), stats.wilcoxon(*pairs).pvalue
    result = table.results["iteacnet", "0.0"]
    n_comparisons = 2 * 3  # two methods besides the reference and the floor, three columns
    assert raw_t <= result.p_t <= n_comparisons * raw_t * (1 + 1e-9)
    assert result.p_wilcoxon == pytest.approx(n_comparisons * raw_w)  # all equally small
    assert result.marker == "**"


@pytest.mark.parametrize("method", ["gcnet", "majority"])
def test_the_reference_and_the_floor_are_not_tested(table, method):
    assert np.isnan(table.results[method, "0.7"].p_t)
    assert table.results[method, "0.7"].marker == ""


def test_a_baseline_that_is_alone_is_no_reference(scores):
    """Else the note of the table would tell of tests against it, and there is none."""
    alone = block("4", "t", WAF, scores, [FLOOR_VIEWS["majority"], GCNET], ["0.0"], GCNET, 0)
    assert alone.reference is None
    assert set(alone.long_form()["compared_with"]) == {""}
    assert "against" not in " ".join(_notes([alone]))


def test_a_method_with_other_runs_is_compared_on_the_shared_ones(scores):
    fewer = scores[(scores["method"] != "iteacnet") | (scores["seed"] == 0)]
    found = block("4", "t", WAF, fewer, [GCNET, OURS], ["0.0"], GCNET, 0)
    result = found.results["iteacnet", "0.0"]
    pairs = [
        fewer[(fewer["method"] == m) & (fewer["rate"] == 0.0) & (fewer["seed"] == 0)]["value"]
        for m in ("iteacnet", "gcnet")
    ]
    assert (result.n, result.p_t) == (5, pytest.approx(stats.ttest_rel(*pairs).pvalue))


def test_long_form_has_a_row_per_method_and_column(table):
    frame = table.long_form()
    assert len(frame) == 4 * 3
    assert frame.set_index(["method", "column"]).loc[("ae", "0.7"), "n_runs"] == 10
    assert set(frame["compared_with"]) == {"gcnet"}
