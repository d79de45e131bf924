import numpy as np
import pytest

from pipeline.base.records import Label, Utterance
from pipeline.conversations.index import code_speakers, index_utterances


def utterance(name, dialogue, turn, speaker="A"):
    return Utterance(name, dialogue, turn, speaker, "", "", turn, turn + 1, "full", "")


@pytest.fixture
def index():
    table = [
        utterance("y2", "y", 2, "Bo"),
        utterance("x0", "x", 0),
        utterance("y0", "y", 0, "Al"),
        utterance("x1", "x", 1, "B"),
        utterance("y1", "y", 1, "Bo"),
        utterance("z0", "z", 0),
    ]
    labels = [Label(name, "?") for name in ("y2", "y0", "x1", "y1", "z0")]  # x0 has none
    return index_utterances(table, labels)


def test_dialogues_keep_the_order_of_the_table_and_turns_their_own(index):
    assert index.dialogue_ids.tolist() == ["y", "x", "z"]
    assert index.utterance_ids.tolist() == ["y0", "y1", "y2", "x1", "z0"]
    assert index.starts.tolist() == [0, 3, 4]
    assert index.lengths.tolist() == [3, 1, 1]


def test_rows_point_into_both_tables(index):
    assert index.store_rows.tolist() == [2, 4, 0, 3, 5]
    assert index.label_rows.tolist() == [1, 3, 0, 2, 4]


def test_speakers_are_coded_by_first_appearance_in_their_dialogue(index):
    assert index.speakers.tolist() == [0, 1, 1, 0, 0]
    assert (index.n_speakers, index.max_utterances) == (2, 3)


@pytest.mark.parametrize(
    ("speakers", "codes"),
    [
        (["M", "F", "M"], [1, 0, 1]),  # IEMOCAP: F is 0 whoever begins
        (["M"], [1]),
        (["Ross", "Joey", "Ross", "Chandler"], [0, 1, 0, 2]),
        (["M", "X"], [0, 1]),
        (["", ""], [0, 0]),
    ],
)
def test_speaker_codes(speakers, codes):
    assert code_speakers(speakers) == codes


def test_selection_keeps_order_and_renumbers(index):
    some = index.select(["z", "y"])
    assert some.dialogue_ids.tolist() == ["y", "z"]
    assert some.utterance_ids.tolist() == ["y0", "y1", "y2", "z0"]
    assert some.starts.tolist() == [0, 3]
    assert some.store_rows.tolist() == [2, 4, 0, 5]
    assert some.dialogue_of_utterances().tolist() == ["y", "y", "y", "z"]


def test_utterances_of_dialogues_in_any_order(index):
    assert index.utterances_of(np.array([2, 0])).tolist() == [4, 0, 1, 2]
    assert index.numbers_of(["x", "z"]).tolist() == [1, 2]


def test_a_label_of_an_unknown_utterance_is_refused():
    with pytest.raises(ValueError, match=r"2 utterances, 1 of them"):
        index_utterances([utterance("a", "d", 0)], [Label("a", "x"), Label("b", "x")])
