"""A workflow with a reader, an encoder and a method of the user's own, as docs/extend.md has them.

The package lies in the working folder and nowhere else. Snakemake runs in processes of its own, so
that modules which were edited are read anew.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.base.arrays import read_header
from pipeline.features.store import read_store
from tests.documents.pages import templates
from tests.workflow.driver import ROOT
from tests.workflow.workspaces import write_config

WORDS = {"good": "what a sunny day", "bad": "rain and gloom"}
CONFIG = {
    "shards": 1,
    "corpora": {"talks": {"reader": "my_package.calls", "root": "calls"}},
    "features": {"text": {"encoder": "my_package.trigrams", "settings": {"width": 16}}},
    "tasks": {
        "mood": {
            "corpus": "talks",
            "modalities": ["text"],
            "classes": {"good": ["good"], "bad": ["bad"]},
            "folds": {"by": "dialogues", "k": 3, "only": [0]},
        }
    },
    "protocol": {"rates": [0.0]},
    "methods": {"mine": {"model": "my_package.mean", "settings": {"hidden_dim": 8}}},
    "train": {"methods": ["mine"], "train_rate": "0.0", "n_epochs": 2},
}
TO_SCORES = ["draw_availability", "join_features", "predict", "report", "score", "train"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four calls of four turns; sounds are not needed for texts, only named."""
    folder = tmp_path_factory.mktemp("own_modules")
    rows = [
        f"{call}{turn},{call},Ann,{words} {call}{turn},{mood}"
        for call in "abcd"
        for turn, (mood, words) in enumerate([*WORDS.items(), *WORDS.items()])
    ]
    (folder / "calls").mkdir()
    table = "\n".join(["clip,call,speaker,words,mood", *rows, ""])
    (folder / "calls/calls.csv").write_text(table, encoding="utf-8")
    (folder / "my_package").mkdir()
    modules = {"method": "mean", "encoder": "trigrams", "reader": "calls"}

    for name, code in templates().items():
        (folder / f"my_package/{modules[name]}.py").write_text(code, encoding="utf-8")

    write_config(folder, CONFIG)
    snakemake(folder, "--quiet")
    return folder


def snakemake(folder: Path, *arguments: str) -> str:
    """What `snakemake ARGUMENTS` says in `folder`, where no module of ours is on the path."""
    place = ("--snakefile", str(ROOT / "Snakefile"), "--cores", "2")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "snakemake", *place, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def due(folder: Path) -> list[str]:
    """Rules that a dry run says would run."""
    said = snakemake(folder, "--dry-run")
    rules = re.findall(r"^(?:rule|checkpoint) (\w+):", said, re.MULTILINE)
    return sorted(set(rules) - {"all"})


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_it_runs_to_the_report(folder):
    store = read_store(folder / "build/talks/features/text.safetensors")
    assert (store.header.encoder, store.features.shape) == ("trigrams", (16, 16))
    assert store.counts() == {"ok": 16}
    scores = (folder / "build/mood/scores.csv").read_text(encoding="utf-8")
    assert "mood,mine,0,0,0.0" in scores
    assert "mine" in (folder / "build/report/study/index.html").read_text(encoding="utf-8")


def test_comments_and_moves_encode_nothing_and_edits_their_own(folder):
    encoder, reader = folder / "my_package/trigrams.py", folder / "my_package/calls.py"
    edit(encoder, "# `hash` differs by process", "# not `hash`")

    (folder / "elsewhere").mkdir()
    encoder = encoder.rename(folder / "elsewhere/letters.py")
    changed = {"features": {"text": {**CONFIG["features"]["text"], "encoder": "elsewhere.letters"}}}
    write_config(folder, {**CONFIG, **changed})
    assert due(folder) == []

    edit(
        folder / "my_package/mean.py", "self.project = ", "self.n_seen = 0\n        self.project = "
    )
    assert due(folder) == ["predict", "report", "score", "train"]

    edit(encoder, "start + 3", "start + 2")
    assert due(folder) == sorted(["extract_features", *TO_SCORES])
    edit(reader, 'speaker=cells["speaker"]', 'speaker=cells["speaker"].lower()')
    assert "build_manifest" in due(folder)


def test_features_say_which_libraries_computed_them(folder):
    header = read_header(folder / "build/talks/features/text.safetensors")
    assert set(header["libraries"]) == {"numpy"}
