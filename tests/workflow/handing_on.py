"""A study that was run becomes a bundle, and is verified where there is nothing else."""

from contextlib import chdir

import pytest

from pipeline.tools.bundles.bundle import main as bundle
from pipeline.tools.bundles.verify import main as verify
from tests.pipeline.tools.bundles.zips import edited


def hand_on(folder, tmp_path, run="", capsys=None):
    """Bundle the study; with `run`, verify it, change one prediction of the run, verify again."""
    out = tmp_path / "s.zip"
    with chdir(folder):
        bundle(["build/report/study", "--out", str(out)])
    if not run:
        return out

    empty = tmp_path / "empty"
    empty.mkdir()
    with chdir(empty):
        verify([str(out)])
        changed = edited(out, tmp_path / "changed.zip", lambda parts: _change(parts, run))
        capsys.readouterr()
        with pytest.raises(SystemExit, match="not hold"):
            verify([str(changed)])
    assert f"{run}/predictions.csv, row 1: utterance " in capsys.readouterr().out
    assert not list(empty.iterdir())
    return out


def _change(parts, run):
    """The first prediction is another class."""
    name = f"{run}/predictions.csv"
    head, first, *rows = parts[name].decode().splitlines(keepends=True)
    cells = first.split(",")
    cells[4] = "bad" if cells[4] == "good" else "good"
    parts[name] = "".join([head, ",".join(cells), *rows]).encode()
