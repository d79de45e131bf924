"""What is asked for, against the small project: which records there must be, and which runs."""

import json
import os

import pytest

from pipeline.config.configuration import parse_config
from pipeline.config.settings import parse_section
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan
from pipeline.tools.cache.asked import NotYetError, asked_of, keys_of_runs, runs_planned
from pipeline.training.settings import RunSettings
from tests.pipeline.tools.cache.small_project import CONFIG, UTTERANCES, keep_run, records

RUNS = {
    **CONFIG,
    "tasks": {
        "mood": {
            "corpus": "talks",
            "annotation": "emotion",
            "classes": {"sad": ["sad"], "glad": ["glad"]},
            "folds": {"by": "dialogues", "k": 3, "only": [0]},
        }
    },
    "methods": {"m": {"model": "gcnet"}},
    "train": {"methods": ["m"], "seeds": [0], "train_rate": "0.5"},
}


def test_every_record_of_the_cache_is_asked_for_once(project):
    asked = list(asked_of(parse_config(CONFIG), project / "build"))
    for kind in ("audio", "text", "visual", "faces"):
        keys = [record.key for record in asked if record.kind == kind]
        assert len(keys) == len(UTTERANCES)
        kept = sorted(path.stem for path in records(project, kind))
        assert sorted(keys) == kept


def test_an_utterance_without_its_media_is_told_and_has_no_key(project):
    (project / "build/talks/manifest/0.json").write_text(json.dumps({"a.mp4": {"size": 9,
        "sha256": "a" * 64}}))  # fmt: skip
    asked = [a for a in asked_of(parse_config(CONFIG), project / "build") if a.kind == "faces"]
    assert {a.utterance_id: (a.status, bool(a.key)) for a in asked} == {
        "a1": ("ok", True),
        "a2": ("ok", True),
        "b1": ("no_media", False),
    }


def test_before_the_workflow_ran_nothing_can_be_said(project):
    (project / "build/talks/faces/0.csv").unlink()
    with pytest.raises(NotYetError, match=r"faces/0\.csv is not there: run `snakemake`"):
        list(asked_of(parse_config(CONFIG), project / "build"))


def test_runs_of_results_are_known_by_what_their_run_json_says(project):
    keep_run(project, "r1")
    keep_run(project, "r2", used=False)
    assert keys_of_runs(project / "build") == {"r1"}


def test_of_runs_that_are_planned_the_newest_is_kept(project):
    """Two runs of one plan by two states of the code; another seed; facts that were damaged."""
    config = parse_config(RUNS)
    names = {"task": "mood", "method": "m", "train_rate": "0.5"}
    handed = str(Decisions(Plan(config)).settings("train", names))
    settings = parse_section(handed, RunSettings, where="train").deciding("")
    for name, seed, at in (("old", 0, 100), ("new", 0, 200), ("other", 9, 300)):
        facts = {"settings": {**settings, "code": name}, "train_rate": "0.5", "fold": 0}
        path = project / f"cache/runs/{name}/facts.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({**facts, "seed": seed}))
        os.utime(path, (at, at))
    (project / "cache/runs/damaged").mkdir()
    (project / "cache/runs/damaged/facts.json").write_text("[1")

    assert runs_planned([config], project / "cache") == {"new"}
