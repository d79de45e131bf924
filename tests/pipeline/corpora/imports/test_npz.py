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


@pytest.mark.parametrize("name", ["turn", "utterance_id", "start_s", "speaker"])
def test_a_column_of_ours_in_another_form_is_not_passed_over(tmp_path, arrays, name):
    """Else turns would be told by the ids, and ids made up, as if the array were not there."""
    arrays[name] = np.arange(3)[:, None]
    with pytest.raises(
        ImportFormatError, match=rf"{name} holds an array \(3, 1\), expected a text"
    ):
        read(save(tmp_path, arrays), {})


def test_objects_are_refused_without_being_unpickled(tmp_path, arrays):
    arrays["evil"] = np.array([{"a": 1}, 2, 3], dtype=object)
    with pytest.raises(ImportFormatError, match="evil: holds object, expected plain"):
        read(save(tmp_path, arrays), {})


def test_an_array_of_frames_is_told_by_its_shape_with_the_way_out(tmp_path, arrays):
    arrays["frames"] = np.ones((3, 5, 4), np.float32)
    told = r"'frames' has the shape \(3, 5, 4\), an \(N, D\) array is needed; average over time"
    with pytest.raises(ImportFormatError, match=told):
        read(save(tmp_path, arrays), {"text": "frames"})


def test_texts_that_are_objects_are_told_with_the_way_out(tmp_path, arrays):
    arrays["emotion"] = np.array(["a", None, "b"], dtype=object)
    with pytest.raises(ImportFormatError, match=r"emotion: holds object.*`array.astype\(str\)`"):
        read(save(tmp_path, arrays), {})
    arrays["emotion"] = arrays["emotion"].astype(str)
    assert read(save(tmp_path, arrays), {})


def test_an_unknown_array_is_named_with_those_that_exist(tmp_path, arrays):
    with pytest.raises(ImportFormatError, match=r"no array 'nope'.*text_minilm \(3, 4\)") as caught:
        read(save(tmp_path, arrays), {"text": "nope"})
    assert caught.value.key == "arrays.text"


def test_uneven_arrays_are_refused(tmp_path, arrays):
    arrays["sentiment"] = arrays["sentiment"][:2]
    with pytest.raises(ImportFormatError, match="sentiment"):
        read(save(tmp_path, arrays), {})


def test_something_else_posing_as_npz_is_refused(tmp_path):
    path = tmp_path / "features.npz"
    path.write_text("not an archive")
    with pytest.raises(ImportFormatError):
        read(path, {})


@pytest.fixture
def sessions(arrays):
    """Ids that count anew for each speaker, as in IEMOCAP, in the order of time."""
    names = ["F000", "F001", "M000", "F002", "M001", "M002"]
    return {
        "utterance_id": np.array([f"d{d}_{name}" for d in range(2) for name in names]),
        "dialogue_id": np.array([f"d{d}" for d in range(2) for _ in names]),
        "start_s": np.arange(12.0),
        "audio": np.arange(24.0).reshape(12, 2),
    }


def told(imported):
    return [utterance.utterance_id for utterance in imported.utterances], list(imported.notes)


def test_times_tell_the_order_before_numbers_of_ids_do(tmp_path, sessions):
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(12)
    path = save(tmp_path, {name: array[shuffled] for name, array in sessions.items()})
    ids, notes = told(read(path, {}))
    assert ids == sessions["utterance_id"].tolist()
    assert notes == ["turns in the order of `start_s`"]
    assert read(path, {}).vectors["audio"][5].tolist() == [10.0, 11.0]


def test_turn_tells_the_order_before_times_do(tmp_path, sessions):
    sessions["turn"] = np.arange(12.0)[::-1]  # whole numbers, if stored as floats
    ids, notes = told(read(save(tmp_path, sessions), {}))
    assert ids[:6] == sessions["utterance_id"][:6][::-1].tolist()
    assert notes == ["turns as the array `turn` says"]


def test_ids_that_count_anew_for_each_speaker_are_no_order(tmp_path, sessions):
    del sessions["start_s"]
    with pytest.raises(ImportFormatError, match=r"'d0' do not count its turns \('d0_M000'\)"):
        read(save(tmp_path, sessions), {})


def test_two_rows_at_one_time_are_no_order(tmp_path, sessions):
    sessions["start_s"][[3, 4]] = 7.5
    with pytest.raises(ImportFormatError, match=r"rows 3 and 4 of dialogue 'd0' both have"):
        read(save(tmp_path, sessions), {})


def test_times_that_are_not_all_there_leave_it_to_the_ids(tmp_path, arrays):
    arrays["start_s"] = np.array([5.0, np.nan, 0.0])
    ids, notes = told(read(save(tmp_path, arrays), {}))
    assert ids == ["v_2", "v_10", "w_1"]
    assert "`start_s` of row 1 is 'nan'" in notes[0]


def test_empty_and_nan_values_are_no_annotation(tmp_path, arrays):
    arrays["sentiment"][1] = np.nan
    arrays["emotion"] = np.array(["joy", "", "sad"])
    arrays["split"] = np.array(["train", "dev", "test"])
    values = {
        (a.utterance_id, a.name): a.value for a in read(save(tmp_path, arrays), {}).annotations
    }

    assert values == {
        ("v_10", "sentiment"): "1.5",
        ("w_1", "sentiment"): "0.0",
        ("v_10", "emotion"): "joy",
        ("w_1", "emotion"): "sad",
        ("v_10", "split"): "train",
        ("v_2", "split"): "validation",
        ("w_1", "split"): "test",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"audio": np.zeros((2, 3))}, r"audio has shape \(2, 3\).* stands on its side"),
        ({"turn": np.array([0, 1.5, 0])}, r"row 1: turn '1.5' is not a whole number"),
        ({"turn": np.array([0, np.nan, 0])}, r"row 1: turn 'nan' is not a whole number"),
        ({"utterance_id": np.array(["a b", "v", "w"])}, r"row 0: utterance_id 'a b' is not"),
        ({"dialogue_id": np.zeros((3, 2))}, r"no array `dialogue_id` with one value a row"),
        ({"audio": np.array([["a", "b"]] * 3)}, r"audio holds <U1, expected numbers"),
        ({"audio": np.zeros(3)}, r"none of audio, text, visual is an .*text_minilm \(3, 4\)"),
    ],
)
def test_a_fault_is_told_with_array_and_row(tmp_path, arrays, change, message):
    arrays["turn"] = np.arange(3)
    with pytest.raises(ImportFormatError, match=message):
        read(save(tmp_path, {**arrays, **change}), {})


def test_texts_that_no_table_can_hold_are_made_storable(tmp_path, arrays):
    arrays["sentence"] = np.array(["a\ud800b", "two\nlines", "caf\u00e9"])
    imported = read(save(tmp_path, arrays), {})
    assert [utterance.text for utterance in imported.utterances] == [
        "two lines",
        "a?b",
        "caf\u00e9",
    ]


def test_arrays_that_nobody_reads_are_named(tmp_path, arrays):
    arrays |= {"vision": np.ones((3, 2)), "note": np.array("of 2019")}
    notes = read(save(tmp_path, arrays), {}).notes
    unread = "note (), text_minilm (3, 4), vision (3, 2)"
    assert notes[1] == f"not read, since no key of `arrays` names it: {unread}"
