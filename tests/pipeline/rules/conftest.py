"""A small study of one folder of talks, and what decides its jobs."""

import pytest

from pipeline.config.configuration import parse_config
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan


@pytest.fixture
def talks(tmp_path):
    (tmp_path / "talks").mkdir()
    (tmp_path / "talks/utterances.csv").write_text("utterance_id,dialogue_id,media\na,a,a.mp4\n")
    return tmp_path / "talks"


@pytest.fixture
def decisions(talks):
    """Make decisions of a small configuration; sections given replace its own."""

    def do(**sections):
        mood = {"corpus": "talks", "classes": {"good": ["happy"], "bad": ["sad"]}}
        values = {
            "corpora": {"talks": {"reader": "folder", "root": str(talks)}},
            "tasks": {"mood": {**mood, "folds": {"by": "dialogues", "k": 3}}},
            "methods": {"gcnet": {"model": "gcnet"}, "ae": {"model": "ae"}},
            "train": {"methods": ["gcnet", "ae"], "train_rate": "0.5"},
            **sections,
        }
        return Decisions(Plan(parse_config(values)))

    return do
