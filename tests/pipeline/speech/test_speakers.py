"""Who speaks: the path through windows, and voices that clustering finds."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.corpora.turns import Turn
from pipeline.speech.clustering import speakers_of
from pipeline.speech.imports.rttm import with_speakers
from pipeline.speech.speakers import best_path


@given(arrays(np.float64, (5, 3), elements=st.floats(-2, 2, width=16)), st.floats(0, 3, width=16))
def test_the_path_is_the_best_of_all_paths(scores, cost):
    def worth(path):
        changes = sum(a != b for a, b in itertools.pairwise(path))
        return sum(scores[time, state] for time, state in enumerate(path)) - cost * changes

    best = max(worth(path) for path in itertools.product(range(3), repeat=5))
    assert np.isclose(worth(best_path(scores, cost)), best)


def around(direction: int, n: int, rng: np.random.Generator) -> np.ndarray:
    vectors = 0.05 * rng.random((n, 256)).astype(np.float32)
    vectors[:, direction] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_as_many_speakers_as_voices_differ_and_scraps_are_none():
    rng = np.random.default_rng(0)
    vectors = np.concatenate([around(0, 6, rng), around(1, 6, rng), around(2, 1, rng)])
    assert len(speakers_of(vectors, np.full(13, 2.0), None)) == 2  # 2 s of a third are too little
    assert len(speakers_of(vectors, np.full(13, 4.0), None)) == 3
    assert len(speakers_of(vectors[:6], np.full(6, 2.0), None)) == 1


def test_a_given_number_is_met():
    vectors = around(0, 6, np.random.default_rng(0))
    assert [len(speakers_of(vectors, np.ones(6), number)) for number in (1, 2, 4)] == [1, 2, 4]
    assert len(speakers_of(vectors[:1], np.ones(1), 5)) == 1  # one piece has one voice


def test_an_odd_sound_takes_nobodys_place():
    rng = np.random.default_rng(0)
    near = around(1, 6, rng) + around(0, 6, rng)  # as far from the first voice as 45 degrees
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    vectors = np.concatenate([around(0, 6, rng), near, around(2, 1, rng)])
    speakers = speakers_of(vectors, np.array([2.0] * 12 + [0.5]), 2)
    assert len(speakers) == 2
    assert speakers[:, 2].max() < 0.1


def test_rttm_names_who_talks_most_in_a_turn():
    turns = [Turn(0, 2), Turn(2, 4, "kept"), Turn(9, 10)]
    spoken = [Turn(0, 0.5, "ann"), Turn(0.4, 3, "ben")]
    assert [turn.speaker for turn in with_speakers(turns, spoken)] == ["ben", "kept", ""]
