"""A bundle takes up a method that ran elsewhere, and refuses one that cannot be paired with it."""

import csv
import json
from contextlib import chdir

import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipeline.tools.bundles.extend import main
from pipeline.tools.bundles.verify import main as verify
from tests.pipeline.tools.bundles.conftest import change_masks, make_bundle, write_study
from tests.pipeline.tools.bundles.outsiders import extended, outsider
from tests.pipeline.tools.bundles.zips import parts_of


def test_a_method_that_ran_elsewhere_stands_in_the_matrix(bundled, tmp_path, capsys):
    table = outsider(bundled)
    with chdir(tmp_path):
        parts = extended(bundled, table, tmp_path / "more.zip", "--by", "A. N. Other")
        said = capsys.readouterr().out
        verify(["more.zip"])
    assert capsys.readouterr().out.endswith("All holds.\n")

    matrix = list(csv.DictReader(parts["tables/t_matrix_ume.csv"].decode().splitlines()))
    pairs = {(row["first"], row["second"]): row for row in matrix}
    assert {frozenset(pair) for pair in pairs} == {
        frozenset(pair) for pair in (("mine", "iteacnet"), ("mine", "gcnet"), ("iteacnet", "gcnet"))
    }
    labels = dict(csv.reader(parts["build/t/labels.csv"].decode().splitlines()))
    own = [
        f1_score(group["utterance_id"].map(labels), group["predicted"], average="weighted")
        for _, group in table.groupby(["fold", "rate"])
    ]
    scores = csv.DictReader(parts["build/t/scores.csv"].decode().splitlines())
    theirs = [
        float(row["value"])
        for row in scores
        if row["method"] == "iteacnet" and row["metric"] == "weighted_f1"
    ]
    difference = np.mean(own) - np.mean(theirs)
    assert float(pairs["mine", "iteacnet"]["value"]) == pytest.approx(difference)
    assert f"t: mine less iteacnet: {100 * difference:+.1f} [" in said
    assert "A. N. Other" in parts["README.md"].decode()


def test_the_others_keep_their_scores(bundled, tmp_path):
    before = parts_of(bundled)
    after = extended(bundled, outsider(bundled), tmp_path / "more.zip")
    old = before["build/t/scores.csv"].decode().splitlines()
    new = after["build/t/scores.csv"].decode().splitlines()
    assert [line for line in new if ",mine," not in line] == old
    same = [name for name in before if "/runs/" in name or "/availability/" in name]
    assert {name: before[name] for name in same}.items() <= after.items()


def test_an_npz_and_probabilities_and_models_of_one_rate(bundled, tmp_path):
    table = outsider(bundled)
    for name in ("happy", "sad", "angry"):
        table[f"score_{name}"] = np.where(table["predicted"] == name, 0.6, 0.2)
    np.savez(tmp_path / "m.npz", **{name: table[name].to_numpy(str) for name in table})
    out = tmp_path / "more.zip"
    options = ["--predictions", str(tmp_path / "m.npz"), "--evaluation", "ime", "--out", str(out)]
    main([str(bundled), "--method", "mine", *options])
    runs = {name.split("/")[4] for name in parts_of(out) if "/runs/mine/" in name}
    assert runs == {"0.0", "0.5"}
    verify([str(out)])


def test_runs_of_another_study(bundled, tmp_path, capsys):
    other = write_study(tmp_path / "o", methods={"ae": {"model": "ae"}})
    path = make_bundle(other, tmp_path / "other.zip")
    parts = extended(
        bundled, str(path), tmp_path / "more.zip", "--of", "ae", "--label", "AE of others"
    )
    assert "t: mine less gcnet: " in capsys.readouterr().out
    theirs = parts_of(path)["build/t/runs/ae/0.5/fold0_seed0/predictions.csv"]
    assert parts["build/t/runs/mine/0.5/fold0_seed0/predictions.csv"] == theirs
    assert json.loads(parts["study.json"])["methods"][-1]["label"] == "AE of others"
    verify([str(tmp_path / "more.zip")])


def test_runs_of_a_study_with_other_masks_are_refused(bundled, tmp_path):
    other = write_study(tmp_path / "o", methods={"ae": {"model": "ae"}})
    n_utterances = change_masks(other, "0.5", fold=1)
    path = make_bundle(other, tmp_path / "other.zip")
    total = f"{n_utterances} test utterances of fold 1"
    said = rf"condition 0\.5: masks of 2 of {total} differ: d1_0, d1_1"
    with pytest.raises(SystemExit, match=said):
        extended(bundled, str(path), tmp_path / "more.zip", "--of", "ae")


def test_a_name_that_is_there_and_a_file_that_is_no_bundle(bundled, tmp_path):
    with pytest.raises(SystemExit, match="has a method 'gcnet' already"):
        extended(bundled, outsider(bundled), tmp_path / "m.zip", "--method", "gcnet")
    with pytest.raises(SystemExit, match="is no bundle"):
        main(["a.yaml", "--method", "m", "--predictions", "x", "--out", "y.zip"])
