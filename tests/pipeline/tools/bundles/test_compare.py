"""Two studies are paired where ids, splits and masks coincide; the rest is named and counted."""

import csv
import json
from contextlib import chdir

import numpy as np
import pandas as pd
import pytest

from tests.pipeline.tools.bundles.comparisons import compared
from tests.pipeline.tools.bundles.conftest import change_masks, make_bundle, write_study
from tests.pipeline.tools.bundles.zips import edited, parts_of


def scores_of(bundle, method):
    """Weighted F1 of each run at each rate, by fold and rate."""
    rows = csv.DictReader(parts_of(bundle)["build/t/scores.csv"].decode().splitlines())
    kept = [row for row in rows if row["method"] == method and row["metric"] == "weighted_f1"]
    return {(row["fold"], row["rate"]): float(row["value"]) for row in kept}


@pytest.fixture(scope="module")
def other_build(tmp_path_factory):
    """The same corpus, splits and masks; GCNet and AE with predictions of their own."""
    methods = {"gcnet": {"model": "gcnet"}, "ae": {"model": "ae"}}
    return write_study(tmp_path_factory.mktemp("other"), methods=methods)


@pytest.fixture(scope="module")
def other(other_build, tmp_path_factory):
    return make_bundle(other_build, tmp_path_factory.mktemp("other") / "other.zip")


def test_a_study_does_not_differ_from_itself(bundled, tmp_path, capsys):
    rows = compared(bundled, bundled, tmp_path)
    assert [(row["first"], row["second"]) for row in rows] == [
        ("A.iteacnet", "B.iteacnet"),
        ("A.gcnet", "B.gcnet"),
    ]
    assert {float(row[name]) for row in rows for name in ("value", "low", "high")} == {0.0}
    assert "not paired" not in capsys.readouterr().out


def test_differences_are_those_of_the_scores(bundled, other, tmp_path, capsys):
    (row,) = compared(bundled, other, tmp_path)
    ours, theirs = scores_of(bundled, "gcnet"), scores_of(other, "gcnet")
    assert float(row["value"]) == pytest.approx(np.mean([ours[key] - theirs[key] for key in ours]))
    assert float(row["low"]) <= float(row["value"]) <= float(row["high"])
    assert int(row["n_runs"]) == 2
    said = capsys.readouterr().out
    assert "t, UME, one model under all: weighted F1 %, A less B, on average over 0.0, 0.5" in said
    assert "bootstrap draws from 12 whole test dialogues" in said

    every = compared(bundled, other, tmp_path, "--all")
    assert len(every) == 4
    again = next(
        pair for pair in every if (pair["first"], pair["second"]) == ("A.gcnet", "B.gcnet")
    )
    assert {**again, "p_holm": row["p_holm"]} == row
    assert float(again["p_holm"]) == pytest.approx(min(1, 4 * float(row["p_holm"])), rel=1)


def test_a_build_is_compared_as_its_bundle_is(bundled, other, other_build, tmp_path):
    with chdir(other_build.root):
        rows = compared("study.yaml", bundled, tmp_path)
    assert rows == compared(other, bundled, tmp_path)


def test_a_rate_with_other_masks_is_left_out_and_counted(bundled, tmp_path, capsys):
    build = write_study(tmp_path / "o")
    n_utterances = change_masks(build, "0.5", fold=0)
    (first, _) = compared(bundled, make_bundle(build, tmp_path / "o.zip"), tmp_path)
    said = capsys.readouterr().out
    counted = f"masks of 2 of {n_utterances} test utterances of fold 0 differ: d0_0, d0_1"
    assert f"not paired: t: condition 0.5: {counted}" in said
    assert "on average over 0.0;" in said
    assert float(first["value"]) == 0.0


def test_where_nothing_coincides_nothing_is_compared(bundled, tmp_path, capsys):
    build = write_study(tmp_path / "o", n_dialogues=10)
    with pytest.raises(SystemExit, match="no fold coincides: fold 0: 2 of 12 dialogues are in one"):
        compared(bundled, make_bundle(build, tmp_path / "o.zip"), tmp_path)
    assert not (tmp_path / "differences.csv").exists()
    values = write_study(tmp_path / "v", kind="regression")
    with pytest.raises(SystemExit, match="measure different things: classification, classes"):
        compared(bundled, make_bundle(values, tmp_path / "v.zip"), tmp_path)


def test_tasks_of_other_names_are_named(bundled, other, tmp_path):
    def rename(parts):
        for name in list(parts):
            if name.startswith("build/t/"):
                parts[name.replace("build/t/", "build/u/")] = parts.pop(name)
        study = json.loads(parts["study.json"])
        study["tasks"]["u"] = study["tasks"].pop("t")
        parts["study.json"] = json.dumps(study).encode()

    renamed = edited(other, tmp_path / "r.zip", rename, relist=True)
    with pytest.raises(SystemExit, match="name those that belong together, --task OF_A=OF_B"):
        compared(bundled, renamed, tmp_path)
    with pytest.raises(SystemExit, match="B has no task 't', only u"):
        compared(bundled, renamed, tmp_path, "--task", "t")
    rows = compared(bundled, renamed, tmp_path, "--task", "t=u")
    assert pd.DataFrame(rows).equals(pd.DataFrame(compared(bundled, other, tmp_path)))


def test_named_conditions_are_compared_where_both_stored_the_same_masks(tmp_path, capsys):
    """Truth by hand: weighted F1 of both under a condition, mean over folds."""
    methods = {"gcnet": {"model": "gcnet"}}
    ours, theirs = (
        write_study(tmp_path / name, conditions=chosen, **options)
        for name, chosen, options in (
            ("a", ("subsets", "without:text"), {}),
            ("b", ("only:audio", "without:text"), {"methods": methods}),
        )
    )
    n_utterances = change_masks(theirs, "without-text", fold=0)
    bundles = [make_bundle(build, build.root / "s.zip") for build in (ours, theirs)]
    rows = {row["under"]: row for row in compared(*bundles, tmp_path)}
    said = capsys.readouterr().out

    assert list(rows) == ["0.0, 0.5", "only:audio"]
    scores = [scores_of(bundle, "gcnet") for bundle in bundles]
    by_hand = [scores[0][fold, "only:audio"] - scores[1][fold, "only:audio"] for fold in "01"]
    assert float(rows["only:audio"]["value"]) == pytest.approx(np.mean(by_hand))
    assert "under each other condition; 2 folds" in said
    assert "not paired: t: condition only:text: B was not tested under it" in said
    masks = f"masks of 2 of {n_utterances} test utterances of fold 0 differ"
    assert f"not paired: t: condition without:text: {masks}" in said
