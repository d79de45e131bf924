"""Importing MMSA's pickles: pooled by their lengths, and never run as the programs they are."""

import os
import pickle

import numpy as np
import pytest

from pipeline.corpora.imports.imported import ImportFormatError
from pipeline.corpora.imports.mmsa_pickle import read


def part(n, offset):
    rng = np.random.default_rng(offset)
    bert = np.zeros((n, 3, 5), dtype=np.float32)
    bert[:, 1, :2] = 1
    return {
        "raw_text": np.array([f"text {i}" for i in range(n)]),
        "audio": rng.normal(size=(n, 6, 2)).astype(np.float32),
        "vision": rng.normal(size=(n, 4, 3)).astype(np.float32),
        "text": rng.normal(size=(n, 5, 7)).astype(np.float32),
        "text_bert": bert,
        "id": [f"vid{offset}$_${i + 1}" for i in range(n)],
        "regression_labels": np.linspace(-3, 3, n).astype(np.float32),
        "audio_lengths": [3] * n,
        "vision_lengths": [4] * n,
    }


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "unaligned_50.pkl"
    splits = {
        name: part(n, i) for i, (name, n) in enumerate((("train", 3), ("valid", 2), ("test", 2)))
    }
    splits["train"]["audio"][0, 0, 0] = -np.inf
    file.write_bytes(pickle.dumps(splits))
    return file


def test_sequences_are_averaged_over_their_real_lengths(path):
    source = pickle.loads(path.read_bytes())["train"]  # noqa: S301 - written two lines above
    imported = read(path, {})
    assert [u.utterance_id for u in imported.utterances[:3]] == ["vid0_1", "vid0_2", "vid0_3"]
    np.testing.assert_allclose(
        imported.vectors["audio"][1], source["audio"][1, :3].mean(0), rtol=1e-6
    )
    np.testing.assert_allclose(
        imported.vectors["text"][1], source["text"][1, :2].mean(0), rtol=1e-6
    )


def test_minus_infinity_counts_as_zero(path):
    source = pickle.loads(path.read_bytes())["train"]["audio"][0]  # noqa: S301
    source[0, 0] = 0
    np.testing.assert_allclose(read(path, {}).vectors["audio"][0], source[:3].mean(0), rtol=1e-6)


def test_splits_and_sentiment_become_annotations(path):
    values = {(a.utterance_id, a.name): a.value for a in read(path, {}).annotations}
    assert values["vid1_1", "split"] == "validation"
    assert float(values["vid0_1", "sentiment"]) == -3.0


class Evil:
    """Runs a command when unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path):
    marker = tmp_path / "ran"
    file = tmp_path / "evil.pkl"
    file.write_bytes(pickle.dumps({"train": Evil(marker)}))
    with pytest.raises(ImportFormatError, match="refused"):
        read(file, {})
    assert not marker.exists()


def test_a_truncated_pickle_is_refused(path):
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ImportFormatError, match="not a readable pickle"):
        read(path, {})


def test_a_missing_key_is_named(tmp_path):
    file = tmp_path / "x.pkl"
    file.write_bytes(pickle.dumps({"train": {"id": []}, "valid": {}, "test": {}}))
    with pytest.raises(ImportFormatError, match="train lacks"):
        read(file, {})
