import pytest

from pipeline.base.records import Annotation, Label, Utterance


def utterance(dialogue, turn, speaker="", session=""):
    return Utterance(
        f"{dialogue}_{turn}", dialogue, turn, speaker, session, "", turn, turn + 1, "full", "words"
    )


@pytest.fixture
def corpus():
    """Utterances of five sessions with three dialogues of 2, 3 and 4 turns each."""
    return [
        utterance(f"s{session}d{dialogue}", turn, "FM"[turn % 2], f"s{session}")
        for session in range(5)
        for dialogue in range(3)
        for turn in range(2 + dialogue)
    ]


@pytest.fixture
def labels(corpus):
    return [Label(u.utterance_id, "ang") for u in corpus]


@pytest.fixture
def official(corpus):
    roles = {"s0": "train", "s1": "train", "s2": "train", "s3": "dev", "s4": "test"}
    return [Annotation(u.utterance_id, "split", roles[u.session]) for u in corpus]


@pytest.fixture
def make_utterance():
    return utterance
