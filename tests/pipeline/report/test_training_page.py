"""Training curves: the last phase of every run, as its history says."""

import pandas as pd
import pytest


def test_histories_of_all_runs_stand_in_the_figures_numbers(two_methods):
    build, page = two_methods
    table = pd.read_csv(build.folder / "report/figures/t_training_gcnet_0.5.csv")
    assert set(table["run"]) == {f"fold{fold}_seed{seed}" for fold in (0, 1) for seed in (0, 1)}
    history = pd.read_csv(build.folder / "t/runs/gcnet/0.5/fold1_seed0/history.csv")
    own = table[table["run"] == "fold1_seed0"]
    assert own["loss"].tolist() == pytest.approx(history["loss"].tolist())
    assert "trained at missing rate 0.5: 4 runs" in page


def test_phases_before_the_last_are_left_out(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet"}}, seeds=(0,))
    path = build.folder / "t/runs/gcnet/0.5/fold0_seed0/history.csv"
    history = pd.read_csv(path).assign(phase=["pretrain", "train", "train"])
    history.to_csv(path, index=False)
    build.report()
    table = pd.read_csv(build.folder / "report/figures/t_training_gcnet_0.5.csv")
    assert table[table["run"] == "fold0_seed0"]["epoch"].tolist() == [2, 3]
