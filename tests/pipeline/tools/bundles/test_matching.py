"""Folds coincide where every dialogue has the same role, every utterance the same label."""

import pytest

from pipeline.tools.bundles.compare import main
from tests.pipeline.tools.bundles.zips import edited


def another_label(parts):
    """Of d0_0, which fold 0 tests and fold 1 trains on."""
    text = parts["build/t/labels.csv"].decode()
    line = next(line for line in text.splitlines() if line.startswith("d0_0,"))
    new = "d0_0,sad" if line != "d0_0,sad" else "d0_0,happy"
    parts["build/t/labels.csv"] = text.replace(line, new).encode()


def another_role(parts):
    parts["build/t/splits.csv"] = parts["build/t/splits.csv"].replace(b"d3,0,train", b"d3,0,test")


def no_role(parts):
    parts["build/t/splits.csv"] = parts["build/t/splits.csv"].replace(b"d3,0,train\n", b"")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (another_role, "fold 0: 1 of 12 dialogues have another role: d3"),
        (no_role, "fold 0: 1 of 12 dialogues are in one study alone: d3"),
        (another_label, "fold 0: 1 of 78 utterances have another label: d0_0"),
    ],
)
def test_other_splits_and_labels_are_counted(bundled, tmp_path, capsys, change, said):
    changed = edited(bundled, tmp_path / "b.zip", change, relist=True)
    both_folds = change is another_label
    if both_folds:
        with pytest.raises(SystemExit, match="no fold coincides: " + said):
            main([str(bundled), str(changed)])
        return
    main([str(bundled), str(changed)])
    told = capsys.readouterr().out
    assert f"not paired: t: {said}" in told
    assert "1 fold, seeds 0" in told
