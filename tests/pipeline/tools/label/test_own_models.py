"""A module that run.json names is imported only where the user names it too."""

import json
import sys

import pytest

from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.trained import read_facts

RUN = {
    "settings": {"kind": "classification", "classes": ["a", "b"], "standardize": False},
    "seed": 0,
    "shape": {
        "feature_dims": {"text": 3},
        "n_outputs": 2,
        "kind": "classification",
        "max_utterances": 4,
        "n_speakers": 1,
    },
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run whose model is a module that leaves a mark when it is imported."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "downloaded"
    folder.mkdir()
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w').close()\n", "utf-8")
    settings = {**RUN["settings"], "model": "downloaded.evil", "method": {}}
    (folder / "run.json").write_text(json.dumps({**RUN, "settings": settings}), "utf-8")
    yield folder / "run.json"
    sys.modules.pop("downloaded.evil", None)


def test_its_code_does_not_run_by_itself(run):
    with pytest.raises(LabelError, match="outside this repository, downloaded"):
        read_facts(run)
    assert not (run.parents[1] / "mark").exists()


def test_it_runs_where_the_user_names_it(run):
    with pytest.raises(LabelError, match="has no `METHOD"):  # it is no method, but it was read
        read_facts(run, trusted=["downloaded.evil"])
    assert (run.parents[1] / "mark").exists()
