"""The matrix: every pair once, whatever the order of the methods; values of the scores."""

import pandas as pd
import pytest

from pipeline.evaluation.significance import holm, paired_p_values

NAMES = ("iteacnet", "gcnet", "my_own")


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1]])
def test_every_method_stands_against_every_other_in_any_order(make_build, own_method, order):
    models = {"iteacnet": "iteacnet", "gcnet": "gcnet", "my_own": own_method}
    build = make_build(methods={name: {"model": models[name]} for name in order})
    build.report()
    table = build.table("t_matrix_ume")
    pairs = {frozenset(pair) for pair in zip(table["first"], table["second"], strict=True)}
    assert pairs == {frozenset(p) for p in (NAMES[:2], NAMES[1:], (NAMES[0], NAMES[2]))}

    scores = pd.read_csv(build.folder / "t" / "scores.csv", dtype={"rate": str})
    own = scores[(scores["metric"] == "weighted_f1") & (scores["method"] != "majority")]
    runs = own.groupby(["method", "fold", "seed"])["value"].mean().unstack("method")
    for row in table.itertuples():
        assert row.value == pytest.approx(runs[row.first].mean() - runs[row.second].mean())
        assert row.low <= row.value <= row.high

    # Two folds by halves of the dialogues: six tested, four or six trained on, no more than that.
    p = [paired_p_values(runs[row.first], runs[row.second], 6 / 5)[0] for row in table.itertuples()]
    assert table["p_holm"].tolist() == pytest.approx(holm(p))


def test_the_page_prints_a_pair_from_both_sides(make_build):
    build = make_build()
    page = build.report()
    table = build.table("t_matrix_ume")
    (value,) = table["value"]
    assert f"{100 * value:+.1f}" in page
    assert f"{-100 * value:+.1f}" in page
    assert "Nadeau and Bengio 2003" in page


def test_one_method_has_no_matrix(make_build):
    build = make_build(methods={"iteacnet": {"model": "iteacnet"}})
    build.report()
    assert "t_matrix_ume.csv" not in build.reported("tables")
