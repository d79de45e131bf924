"""Studies of odd sizes are as large as they say, and are ones that the workflow takes."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.sizes import MODALITIES, SIZES, TELL, write_study
from pipeline.config.configuration import read_config
from pipeline.corpora.imports.source import read_source
from tests.modules import ROOT


@pytest.mark.parametrize("name", SIZES)
def test_a_study_is_as_large_as_it_says(tmp_path, name):
    size = SIZES[name]
    size = replace(size, n_dialogues=3, n_utterances=min(size.n_utterances, 1000), dims=(7, 5, 2))
    write_study(tmp_path, size, np.random.default_rng(0))
    config = read_config(tmp_path / "config.yaml")
    assert set(config.train.methods) == set(size.methods)
    assert len(config.tasks["t"].classes) == size.n_classes

    imported = read_source(tmp_path / "features", config.corpora["c"].import_)
    utterances, vectors = imported.utterances, imported.vectors
    assert tuple(len(vectors[name][0]) for name in MODALITIES) == size.dims
    lengths = Counter(utterance.dialogue_id for utterance in utterances)
    assert sorted(lengths.values()) == [size.n_utterances] * 3
    assert len({utterance.speaker for utterance in utterances}) == min(
        size.n_speakers, size.n_utterances
    )


def test_each_stage_tells_its_time_and_its_peak(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(TELL)
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "TOLD": str(tmp_path / "told")}
    command = [sys.executable, "-m", "pipeline.stages.score", "--help"]
    subprocess.run(command, env=env, check=True, capture_output=True)
    stage, cpu_s, peak_kb = json.loads((tmp_path / "told").read_text())
    assert stage == "pipeline.stages.score"
    assert 0 < cpu_s < 60
    assert 5_000 < peak_kb < 5_000_000
