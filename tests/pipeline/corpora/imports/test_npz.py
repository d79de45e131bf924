"""Importing one .npz: order of turns, choice of arrays, refusals."""

import numpy as np
import pytest

from pipeline.corpora.imports.imported import ImportFormatError
from pipeline.corpora.imports.npz import read


@pytest.fixture
def arrays():
    return {
        "utterance_id": np.array(["v_10", "v_2", "w_1"]),
        "dialogue_id": np.array(["v", "v", "w"]),
        "sentence": np.array(["ten", "two", "one"]),
        "sentiment": np.array([1.5, -1.0, 0.0], dtype=np.float32),
        "split": np.array(["train", "train", "test"]),
        "audio": np.arange(6, dtype=np.float32).reshape(3, 2),
        "text_minilm": np.ones((3, 4), dtype=np.float32),
    }


def save(tmp_path, arrays):
    path = tmp_path / "features.npz"
    np.savez(path, **arrays)
    return path


def test_rows_come_in_order_of_turns_with_their_vectors(tmp_path, arrays):
    imported = read(save(tmp_path, arrays), {"audio": "audio", "text": "text_minilm"})
    assert [u.utterance_id for u in imported.utterances] == ["v_2", "v_10", "w_1"]
    assert imported.vectors["audio"][0].tolist() == [2.0, 3.0]
    assert imported.utterances[0].text == "two"
    values = {(a.utterance_id, a.name): a.value for a in imported.annotations}
    assert float(values["v_2", "sentiment"]) == -1.0
    assert values["w_1", "split"] == "test"


def test_ids_are_made_of_dialogue_and_turn_where_there_are_none(tmp_path, arrays):
    del arrays["utterance_id"]
    arrays["turn"] = np.array([1, 0, 0])
    imported = read(save(tmp_path, arrays), {})
    assert [u.utterance_id for u in imported.utterances] == ["v_0", "v_1", "w_0"]
    assert set(imported.vectors) == {"audio"}


def test_a_vector_that_is_not_finite_is_missing_not_zero(tmp_path, arrays):
    arrays["audio"][0, 0] = np.nan
    imported = read(save(tmp_path, arrays), {})
    assert imported.vectors["audio"][1] is None


def test_objects_are_refused_without_being_unpickled(tmp_path, arrays):
    arrays["evil"] = np.array([{"a": 1}, 2, 3], dtype=object)
    with pytest.raises(ImportFormatError, match="plain arrays"):
        read(save(tmp_path, arrays), {})


def test_an_unknown_array_is_named_with_those_that_exist(tmp_path, arrays):
    with pytest.raises(ImportFormatError, match=r"import.arrays.text='nope'.*text_minilm"):
        read(save(tmp_path, arrays), {"text": "nope"})


def test_uneven_arrays_are_refused(tmp_path, arrays):
    arrays["sentiment"] = arrays["sentiment"][:2]
    with pytest.raises(ImportFormatError, match="sentiment"):
        read(save(tmp_path, arrays), {})


def test_something_else_posing_as_npz_is_refused(tmp_path):
    path = tmp_path / "features.npz"
    path.write_text("not an archive")
    with pytest.raises(ImportFormatError):
        read(path, {})
