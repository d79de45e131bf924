"""Runs are paired by fold and seed; where no seed is shared there is an interval and no test."""

from tests.pipeline.tools.bundles.comparisons import compared
from tests.pipeline.tools.bundles.conftest import make_bundle, write_study


def test_runs_are_paired_by_seed(bundled, tmp_path, capsys):
    both = make_bundle(write_study(tmp_path / "o", seeds=(0, 1)), tmp_path / "o.zip")
    rows = compared(bundled, both, tmp_path)
    assert {row["n_runs"] for row in rows} == {"2"}
    assert "2 folds, seeds 0" in capsys.readouterr().out
    alone = make_bundle(write_study(tmp_path / "p", seeds=(4,)), tmp_path / "p.zip")
    rows = compared(bundled, alone, tmp_path)
    assert all(row["p_holm"] == "" and row["low"] for row in rows)
    assert "no seed in common" in capsys.readouterr().out
