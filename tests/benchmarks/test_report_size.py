"""The study of CMU-MOSEI's size has the rows and words that it says, and the workflow takes it."""

from dataclasses import replace

import numpy as np

from benchmarks.report_size import MOSEI, N_UTTERANCES, N_WORDS, write_mosei
from pipeline.config.configuration import read_config
from pipeline.corpora.imports.source import read_source


def test_rows_beyond_the_number_are_taken_off_and_all_have_words(tmp_path):
    size = replace(MOSEI, n_dialogues=10)
    write_mosei(tmp_path, size, 66, np.random.default_rng(0))
    config = read_config(tmp_path / "config.yaml")
    task = config.tasks["t"]
    assert (task.folds.k, len(task.classes), len(config.protocol.rates)) == (5, 7, 8)
    assert len(task.condition_names) == 7  # every subset of three modalities

    utterances = read_source(tmp_path / "features", config.corpora["c"].import_).utterances
    assert len(utterances) == 66
    assert {len(row.text.split()) for row in utterances} == {N_WORDS}


def test_the_study_is_as_large_as_the_corpus():
    assert MOSEI.n_dialogues * MOSEI.n_utterances >= N_UTTERANCES == 22_856
