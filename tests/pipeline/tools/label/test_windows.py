"""Dialogues of any length: windows overlap, cover all, and one window is the dialogue itself."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.base.records import Label, Utterance
from pipeline.conversations.index import index_utterances
from pipeline.conversations.windows import cut_dialogues
from tests.pipeline.tools.label.new_corpora import NewCorpus, label


def line(*lengths, speakers="FM"):
    rows = [
        Utterance(
            *(f"d{d}_{turn}", f"d{d}", turn, speakers[turn % len(speakers)]),
            *("", "", 0.0, 1.0, "full", ""),
        )
        for d, n in enumerate(lengths)
        for turn in range(n)
    ]
    return index_utterances(rows, [Label(row.utterance_id, "") for row in rows]), [
        row.speaker for row in rows
    ]


@pytest.mark.parametrize("n", [1, 5, 6, 7, 8, 9, 12, 40])
def test_windows_are_as_long_as_in_training_and_cover_every_utterance(n):
    windows = cut_dialogues(*line(n), 6, None)
    assert set(windows.index.lengths.tolist()) == {min(n, 6)}
    assert set(windows.places.tolist()) == set(range(n))
    starts = [windows.places[start] for start in windows.index.starts]
    assert starts == sorted(set(starts))
    assert np.diff(starts).max(initial=1) <= 3  # half of a window


def test_where_one_window_suffices_the_line_is_what_it_was():
    index, speakers = line(3, 6, 1)
    for length in (6, 100, None):
        windows = cut_dialogues(index, speakers, length, None)
        assert windows.places.tolist() == list(range(10))
        for name in ("starts", "lengths", "store_rows", "speakers", "utterance_ids"):
            assert (getattr(windows.index, name) == getattr(index, name)).all()
    outputs = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    assert (windows.averaged(outputs, 10) == outputs).all()


def test_what_windows_say_is_averaged_and_speakers_begin_anew():
    index, speakers = line(4, speakers="xyzz")
    windows = cut_dialogues(index, speakers, 2, None)
    assert windows.places.tolist() == [0, 1, 1, 2, 2, 3]
    assert windows.index.speakers.tolist() == [0, 1, 0, 1, 0, 0]
    told = windows.averaged(np.float32([[0], [1], [3], [5], [7], [9]]), 4)
    assert told[:, 0].tolist() == [0, 2, 6, 9]
    few = cut_dialogues(index, speakers, 2, 1)  # windows of one speaker alone
    assert few.places.tolist() == [2, 3]
    assert np.isnan(few.averaged(np.float32([[1], [2]]), 4)[:2]).all()
    assert len(cut_dialogues(index, speakers, None, 1).places) == 0


@pytest.mark.parametrize("model", ["iteacnet", "gcnet", "gru"])
def test_each_window_is_what_the_run_says_of_it_alone(trained, corpus, tmp_path, model):
    """A long dialogue, against its windows as dialogues of their own."""
    run = trained(model)[1]
    length = json.loads((run / "run.json").read_text())["shape"]["max_utterances"]
    n = length + length // 2
    corpus.keep({utterance.utterance_id for utterance in corpus.utterances[:n]})
    rows = [
        replace(utterance, dialogue_id="x", turn=t) for t, utterance in enumerate(corpus.utterances)
    ]
    corpus.utterances = [replace(row, speaker="FM"[t % 2]) for t, row in enumerate(rows)]
    told = label(run, corpus.write(), tmp_path / "long")
    ids = [utterance.utterance_id for utterance in corpus.utterances]

    parts = []
    for start in (0, n - length):
        part = NewCorpus.__new__(NewCorpus)
        part.folder = tmp_path / f"part{start}"
        part.utterances, part.stores = list(corpus.utterances), dict(corpus.stores)
        part.keep(set(ids[start : start + length]))
        found = label(run, part.write(), tmp_path / f"alone{start}")
        parts.append({row["utterance_id"]: row for row in found})
    for row in told:
        own = [part[row["utterance_id"]] for part in parts if row["utterance_id"] in part]
        if len(own) == 1:
            for name in row:
                if name.startswith("probability_"):
                    assert float(row[name]) == pytest.approx(float(own[0][name]), abs=1e-5)
        assert len(own) == 1 or row["label"] in {told["label"] for told in own}
    assert sum(sum(name in part for part in parts) == 2 for name in ids) == 2 * length - n


def test_five_hundred_utterances_are_labelled(trained, corpus, tmp_path):
    corpus.repeat(500)
    rows = label(trained("iteacnet")[1], corpus.write(), tmp_path / "labels")
    assert len(rows) == 500
    assert all(row["label"] for row in rows)
