"""Small runs of every model, trained once, and corpora to label with them."""

import json
import shutil
from dataclasses import replace
from functools import cache

import pytest

from tests.pipeline.stages.training_runs import predict_once, train_once
from tests.pipeline.tools.label.new_corpora import NewCorpus, label
from tests.small_methods import SMALL


@pytest.fixture(scope="session")
def trained(small_task, tmp_path_factory):
    """trained(model, standardize, framework): the files of a task, with its run's folder."""

    @cache
    def train(model, standardize=False, seed=0, **more):
        method = {"model": model, "settings": {**SMALL.get(model, {}), **more}}
        protocol = {**small_task.settings["protocol"], "standardize": standardize}
        settings = {**small_task.settings, "method": method, "protocol": protocol}
        files, out = replace(small_task, settings=settings), tmp_path_factory.mktemp(model)
        train_once(files, out, rate="0.3", seed=seed)
        predict_once(files, out)  # which also calibrates
        return files, out

    return train


@pytest.fixture
def run(trained, tmp_path):
    """run(model, ...): a copy of a run's folder, to be damaged."""

    def copy(model="iteacnet", **more):
        return shutil.copytree(trained(model, **more)[1], tmp_path / "run")

    return copy


@pytest.fixture
def edit_run():
    """edit_run(folder, change): apply `change` to what run.json holds."""

    def edit(folder, change):
        facts = json.loads((folder / "run.json").read_text())
        change(facts)
        (folder / "run.json").write_text(json.dumps(facts))

    return edit


@pytest.fixture
def corpus(small_task, tmp_path):
    """A new corpus, not yet written."""
    return NewCorpus(small_task, tmp_path / "corpus")


@pytest.fixture
def refusal(tmp_path):
    """refusal(run, corpus): the message of a call that ends in an error and writes nothing."""

    def refused(run, corpus):
        out = tmp_path / "labels"
        with pytest.raises(SystemExit) as caught:
            label(run, corpus, out)
        assert not out.exists()
        message = str(caught.value)
        assert message.startswith("error: ")
        return message.removeprefix("error: ")

    return refused
