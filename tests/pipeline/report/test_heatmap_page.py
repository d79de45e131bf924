"""Figure 4 of the paper: maps of one dialogue, and which of them can be shown."""

import pandas as pd
import pytest

from pipeline.base.arrays import read_arrays


def test_figure_4_leaves_b_out_where_no_network_was_trained_for_it(two_methods):
    build, page = two_methods
    letters = {name[len("t_figure4")] for name in build.reported("figures") if "figure4" in name}
    assert letters == {"a", "c"}
    assert "needs a method that is trained so" in page


def test_a_map_has_a_row_for_every_pair_of_utterances(two_methods):
    build, _ = two_methods
    path = build.folder / "report/figures/t_figure4c_text.csv"
    table = pd.read_csv(path)
    n = len([row for row in build.utterances if row.dialogue_id == "d4"])
    assert len(table) == len(set(zip(table["query"], table["key"], strict=True))) == n * n
    stored = read_arrays(build.folder / "t/traces/iteacnet.safetensors")[0]["context.text"][0]
    assert table["value"].to_numpy().reshape(n, n) == pytest.approx(stored, rel=1e-5)
