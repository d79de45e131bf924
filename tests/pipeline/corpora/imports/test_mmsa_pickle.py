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


def test_what_is_read_of_a_pickle_that_runs_code_is_named_and_does_not_run(tmp_path):
    marker = tmp_path / "ran"
    file = tmp_path / "evil.pkl"
    file.write_bytes(pickle.dumps({"train": Evil(marker), "valid": {}, "test": {}}))
    with pytest.raises(ImportFormatError, match=r"train is a posix.system, which is not read"):
        read(file, {"audio": "audio"})
    splits = {name: part(2, k) for k, name in enumerate(("train", "valid", "test"))}
    splits["train"]["audio"] = Evil(marker)
    file.write_bytes(pickle.dumps(splits))
    with pytest.raises(ImportFormatError, match=r"train.audio is a posix.system"):
        read(file, {})
    assert not marker.exists()


def test_a_truncated_pickle_is_refused(path):
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ImportFormatError, match="not a readable pickle"):
        read(path, {})


def test_a_missing_key_is_named(tmp_path):
    file = tmp_path / "x.pkl"
    file.write_bytes(pickle.dumps({"train": {"id": [], "audio": []}, "valid": {}, "test": {}}))
    with pytest.raises(ImportFormatError, match=r"train lacks regression_labels; it has audio, id"):
        read(file, {})


@pytest.fixture
def written(tmp_path):
    """Write three splits, each changed by a function, with a protocol, and read them."""

    def do(change=lambda part: None, protocol=4, names=None):
        splits = {name: part(3, k) for k, name in enumerate(("train", "valid", "test"))}
        for split in splits.values():
            change(split)
        file = tmp_path / "f.pkl"
        file.write_bytes(pickle.dumps(splits, protocol=protocol))
        return read(file, names or {})

    return do


def vectors(imported, modality):
    return np.stack(imported.vectors[modality])


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_gives_the_same(written, protocol):
    expected, found = written(), written(protocol=protocol)
    assert found.utterances == expected.utterances
    assert found.annotations == expected.annotations
    for modality in ("audio", "text", "visual"):
        np.testing.assert_array_equal(vectors(found, modality), vectors(expected, modality))


def test_a_file_that_holds_some_modalities(written):
    """MMSA-FET leaves out what it did not extract, and adds its own settings."""

    def change(part):
        for name in ("vision", "vision_lengths", "text", "text_bert"):
            del part[name]
        part["config"] = {"audio": {"tool": "librosa"}}

    assert set(written(change).vectors) == {"audio"}


def test_padding_at_the_front_is_no_frame(written):
    """MMSA-FET's padding_location: start."""
    plain = vectors(written(lambda part: part["audio"].__setitem__(np.s_[:, 3:], 0)), "audio")

    def turned(part):
        part["audio"][:, 3:] = 0
        part["audio"] = np.roll(part["audio"], 3, axis=1)

    np.testing.assert_array_equal(vectors(written(turned), "audio"), plain)


def test_rows_may_be_lists_objects_and_other_types(written):
    plain = vectors(written(), "audio")

    def as_objects(part):
        rows = np.empty(3, dtype=object)
        rows[:] = list(part["audio"])
        part["audio"] = rows
        part["id"] = np.array(part["id"], dtype=object)

    for change in (
        as_objects,
        lambda part: part.update(audio=part["audio"].tolist()),
        lambda part: part.update(audio=part["audio"].astype(">f8")),
        lambda part: part.update(audio=np.asfortranarray(part["audio"])),
    ):
        np.testing.assert_allclose(vectors(written(change), "audio"), plain, rtol=1e-6)


def test_a_label_that_is_no_number_is_no_label(written):
    imported = written(lambda part: part["regression_labels"].__setitem__(1, np.nan))
    named = {
        annotation.utterance_id
        for annotation in imported.annotations
        if annotation.name == "sentiment"
    }
    assert named == {f"vid{k}_{row}" for k in range(3) for row in (1, 3)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": ["a", "b$_$2", "c$_$3"]}, r"train.id row 0: 'a', expected <video>"),
        ({"id": ["a$_$x", "b$_$2", "c$_$3"]}, r"row 0: number of the clip 'x' is not a whole"),
        ({"id": ["a/b$_$1", "b$_$2", "c$_$3"]}, r"row 0: utterance_id 'a/b_1' is not allowed"),
        ({"id": [1, 2, 3]}, r"train.id row 0: a int, expected text"),
        ({"regression_labels": ["x"] * 3}, r"regression_labels row 0: a str, expected numbers"),
        ({"regression_labels": [1.0]}, r"regression_labels has 1 rows, .*train.id has 3"),
        ({"audio": np.zeros((3, 2, 2, 2))}, r"audio row 0: features of shape \(2, 2, 2\)"),
        ({"audio": np.array([["a"]] * 3)}, r"audio row 0: an array of <U1"),
        ({"audio": [[1.0], ["x"], [2.0]]}, r"audio row 1: a list, expected numbers"),
        ({"audio": [[[1.0], [1.0, 2.0]]] * 3}, r"audio row 0: a list, expected numbers"),
        ({"audio": 3.0}, r"train.audio is a float, expected an array of rows"),
        ({"audio_lengths": [-1] * 3}, r"audio_lengths row 0: -1.0 is not a number of frames"),
        ({"audio_lengths": [float("inf")] * 3}, r"audio_lengths row 0: inf is not a number"),
        ({"text_bert": np.zeros((3, 5))}, r"text_bert row 0: not \(3, T\)"),
    ],
)
def test_a_fault_is_told_with_its_row(written, change, message):
    with pytest.raises(ImportFormatError, match=message):
        written(lambda part: part.update(change))


def test_rows_that_unfold_are_refused(tmp_path):
    """Ten lists of ten lists, of each other: 10,000,000 numbers out of some bytes, twice."""
    inner = [0.5] * 10_000
    splits = {
        name: {
            "id": [f"v$_${k}" for k in range(3)],
            "regression_labels": [0.0] * 3,
            "audio": [[inner] * 1000] * 3,
        }
        for name in ("train", "valid", "test")
    }
    file = tmp_path / "f.pkl"
    file.write_bytes(pickle.dumps(splits))
    with pytest.raises(ImportFormatError, match="many times its size"):
        read(file, {})
