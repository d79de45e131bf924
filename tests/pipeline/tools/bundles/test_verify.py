"""A bundle is verified in an empty folder; whatever was changed in it is found and named."""

from contextlib import chdir

import pytest

from pipeline.tools.bundles.verify import main
from tests.pipeline.tools.bundles.conftest import make_bundle, write_study
from tests.pipeline.tools.bundles.zips import edited

RUN = "build/t/runs/gcnet/0.5/fold1_seed0"


def verified(bundle, folder):
    """Run the command in a folder of its own; what it ends with."""
    folder.mkdir(exist_ok=True)
    with chdir(folder):
        main([str(bundle)])
        assert not list(folder.iterdir())


def refused(bundle, folder, capsys):
    """Run it on a bundle that does not hold; the lines that say why."""
    with pytest.raises(SystemExit, match="not hold"):
        verified(bundle, folder)
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith("wrong: ")]


def other_class(parts, row=4):
    """Change one prediction of GCNet; which utterance, condition and class it now has."""
    lines = parts[f"{RUN}/predictions.csv"].decode().splitlines()
    rate, utterance, dialogue, target, predicted = lines[row].split(",")[:5]
    new = next(name for name in ("happy", "sad", "angry") if name != predicted)
    lines[row] = ",".join([rate, utterance, dialogue, target, new])
    parts[f"{RUN}/predictions.csv"] = ("\n".join(lines) + "\n").encode()
    return rate, utterance, new


def test_an_empty_folder_is_enough(bundled, tmp_path, capsys):
    verified(bundled, tmp_path / "empty")
    said = capsys.readouterr().out
    assert "ids, labels, splits, masks and predictions belong together" in said
    assert "tables are the same to the byte when scored anew" in said
    assert said.endswith("All holds.\n")


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "regression"},
        {"kind": "dimensional", "modalities": ("audio", "text")},
        {"conditions": ("subsets",), "methods": {"ae": {"model": "ae", "evaluations": ["ime"]}}},
    ],
)
def test_so_is_every_kind_of_task(tmp_path, capsys, options):
    bundle = make_bundle(write_study(tmp_path / "s", **options), tmp_path / "s.zip")
    verified(bundle, tmp_path / "empty")
    assert capsys.readouterr().out.endswith("All holds.\n")


def test_one_changed_prediction_is_named(bundled, tmp_path, capsys):
    changed = []
    bad = edited(bundled, tmp_path / "b.zip", lambda parts: changed.append(other_class(parts)))
    found = refused(bad, tmp_path / "empty", capsys)
    rate, utterance, new = changed[0]
    named = f"row 4: utterance {utterance} under condition {rate} now has {new}"
    assert f"wrong: {RUN}/predictions.csv, {named}" in found
    scores = [line for line in found if line.startswith("wrong: build/t/scores.csv: ")]
    assert scores
    assert "method gcnet, fold 1" in scores[0]
    assert any("t_matrix_ume.csv" in line for line in found)


def test_a_forger_who_mends_the_list_is_found_by_the_scores(bundled, tmp_path, capsys):
    bad = edited(bundled, tmp_path / "b.zip", other_class, relist=True)
    found = refused(bad, tmp_path / "empty", capsys)
    assert any("build/t/scores.csv: " in line and "gcnet" in line for line in found)
    assert not any("not as it was bundled" in line for line in found)


def test_a_changed_score_is_found(bundled, tmp_path, capsys):
    def raise_a_score(parts):
        parts["tables/table4.csv"] = parts["tables/table4.csv"].replace(b"iteacnet", b"mine", 1)

    found = refused(
        edited(bundled, tmp_path / "b.zip", raise_a_score, relist=True), tmp_path / "e", capsys
    )
    assert any("tables/table4.csv: 1 of " in line and "mine" in line for line in found)


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        (f"{RUN}/predictions.csv", ",d1,", ",d3,", "another dialogue_id than the tables"),
        (f"{RUN}/predictions.csv", "d1_0,", "d0_0,", "lacks 1 utterance"),
        (f"{RUN}/predictions.csv", "0.0,d1_0,", "0.7,d1_0,", "condition '0.7' is none of"),
        ("build/t/labels.csv", "d1_0,", "d1_x,", "unknown utterances: d1_x"),
        ("build/t/splits.csv", "d1,1,test", "d1,1,train", "d1_0"),
        ("study.json", '"name": "gcnet"', '"name": "other"', "unknown methods: gcnet"),
    ],
)
def test_parts_that_contradict_each_other_are_told(bundled, tmp_path, capsys, part, old, new, said):
    def contradict(parts):
        text = parts[part].decode()
        assert old in text
        parts[part] = text.replace(old, new, 1).encode()

    bad = edited(bundled, tmp_path / "b.zip", contradict, relist=True)
    with pytest.raises(SystemExit) as ended:
        verified(bad, tmp_path / "empty")
    assert said in capsys.readouterr().out + str(ended.value)


def test_a_part_that_is_gone_is_told(bundled, tmp_path, capsys):
    bad = edited(bundled, tmp_path / "b.zip", lambda parts: parts.pop("tables/table4.csv"))
    found = refused(bad, tmp_path / "empty", capsys)
    assert "wrong: tables/table4.csv is not there" in found
