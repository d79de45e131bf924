"""What decides a job: its own settings and code, and not where things lie."""

import hashlib
import json

import pytest

from pipeline.base.provenance import code_digest
from pipeline.config.configuration import parse_config
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan

RUN = {"task": "mood", "method": "gcnet", "train_rate": "0.5", "fold": "0", "seed": "0"}


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


def test_the_key_holds_the_digest_of_the_code_and_the_seal_that_of_the_key(decisions):
    made = decisions()
    key = json.loads(made.key("train", RUN))
    assert key["code"] == code_digest("pipeline.stages.train", "models.gcnet.learner")
    text = made.key("train", RUN).encode()
    assert made.digest("train", RUN) == hashlib.sha256(text).hexdigest()


def test_what_a_stage_is_handed_makes_nothing_run_again(decisions):
    """Snakemake compares params by their `repr`: only the key counts."""
    plain, other = decisions(), decisions(train={"methods": ["gcnet"], "n_epochs": 3})
    handed = [made.settings("train", {**RUN}) for made in (plain, other)]
    assert handed[0] != handed[1]
    assert repr(handed[0]) == repr(handed[1])
    assert plain.key("train", RUN) != other.key("train", RUN)


def test_a_training_is_told_how_its_features_were_made_which_decides_nothing(decisions):
    """Their settings decide the features, which are inputs: where weights lie decides nothing."""
    plain, other = decisions(), decisions(features={"audio": {"batch_seconds": 5}})
    told = [json.loads(made.settings("train", RUN))["extraction"] for made in (plain, other)]
    assert [made["features"]["audio"]["batch_seconds"] for made in told] == [72, 5]
    assert told[0]["crop_faces"]["fps"] == 5.0
    assert plain.key("train", RUN) == other.key("train", RUN)


def test_where_a_corpus_lies_decides_nothing(decisions, talks, tmp_path):
    before = decisions().key("build_manifest", {"corpus": "talks"})
    talks.rename(tmp_path / "moved")
    moved = {"talks": {"reader": "folder", "root": str(tmp_path / "moved")}}
    assert decisions(corpora=moved).key("build_manifest", {"corpus": "talks"}) == before
    (tmp_path / "moved/a.mp4").write_bytes(b"a")  # but what lies there does
    assert decisions(corpora=moved).key("build_manifest", {"corpus": "talks"}) != before


@pytest.mark.parametrize("method", ["gcnet", "ae"])
def test_a_method_is_decided_by_its_own_settings_alone(decisions, method):
    wildcards = {**RUN, "method": method}
    ae = {"model": "ae", "settings": {"learning_rate": 0.01}}
    changed = decisions(methods={"gcnet": {"model": "gcnet"}, "ae": ae})
    is_same = changed.key("train", wildcards) == decisions().key("train", wildcards)
    assert is_same == (method != "ae")


def test_a_reader_is_decided_by_its_own_module(decisions):
    modules = decisions().modules("build_manifest", {"corpus": "talks"})
    assert modules == ("pipeline.stages.build_manifest", "pipeline.corpora.folder")
