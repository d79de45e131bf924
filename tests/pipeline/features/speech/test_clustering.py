"""Which windows are of one voice: the best path, and cuts that stand where both halves differ.

Voices here are directions of the space with noise about them; a window counts for 0.15 s.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.features.speech.clustering import best_path, gap_of, paths, speakers_of


@given(arrays(np.float64, (5, 3), elements=st.floats(-2, 2, width=16)), st.floats(0, 3, width=16))
def test_the_path_is_the_best_of_all_paths(scores, cost):
    def worth(path):
        changes = sum(a != b for a, b in itertools.pairwise(path))
        return sum(scores[time, state] for time, state in enumerate(path)) - cost * changes

    best = max(worth(path) for path in itertools.product(range(3), repeat=5))
    assert np.isclose(worth(best_path(scores, cost)), best)


def said(direction, seconds, rng, towards=None):
    """Windows of one voice, of unit length; `towards`: as near to a second direction."""
    vectors = rng.normal(0, 0.03, (round(seconds / 0.15), 256)).astype(np.float32)
    vectors[:, direction] += 1
    if towards is not None:
        vectors[:, towards] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_as_many_speakers_as_voices_differ_and_scraps_are_none():
    rng = np.random.default_rng(0)
    turns = [said(direction, 6, rng) for direction in (0, 1, 0, 1)]
    assert len(speakers_of(turns, None)) == 2
    assert len(speakers_of([*turns, said(2, 2, rng)], None)) == 2  # 2 s of a third are too little
    assert len(speakers_of([*turns, said(2, 9, rng)], None)) == 3
    assert len(speakers_of(turns[::2], None)) == 1


@pytest.mark.parametrize("number", [None, 2])
def test_two_who_say_a_sentence_each_are_two(number):
    rng = np.random.default_rng(0)
    assert len(speakers_of([said(0, 1.05, rng), said(1, 1.05, rng)], number)) == 2


def test_one_who_says_two_sentences_is_one():
    rng = np.random.default_rng(0)
    assert len(speakers_of([said(0, 1.05, rng), said(0, 1.05, rng)], None)) == 1


def test_two_voices_within_a_turn_are_two():
    rng = np.random.default_rng(0)
    turn = np.concatenate([said(0, 6, rng), said(1, 6, rng)])
    voices = speakers_of([turn], None)
    (path,) = paths([turn], voices)
    assert [len(list(run)) for _, run in itertools.groupby(path)] == [40, 40]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_given_number_is_met_where_so_many_talk(number):
    rng = np.random.default_rng(1)
    turns = [said(direction, 8, rng) for direction in (0, 1, 2, 0, 1, 2)]
    assert len(speakers_of(turns, number)) == number


def test_an_odd_sound_takes_nobodys_place():
    rng = np.random.default_rng(0)
    turns = [said(0, 9, rng), said(0, 9, rng, towards=1), said(2, 0.5, rng)]
    speakers = speakers_of(turns, 2)
    assert len(speakers) == 2
    assert speakers[:, 2].max() < 0.1


def test_less_than_a_window_of_talk_is_one_voice():
    rng = np.random.default_rng(0)
    assert len(speakers_of([said(0, 0.15, rng)], None)) == 1
    assert len(speakers_of([said(0, 0.15, rng)], 5)) == 1


def test_the_halves_of_a_bell_curve_are_as_far_apart_as_is_said():
    """By hand: means of plus and minus sqrt(2 / pi), deviations of sqrt(1 - 2 / pi)."""
    values = np.random.default_rng(0).normal(size=(200_000, 1))
    above = values[:, 0] > 0
    expected = 2 * np.sqrt(2 / np.pi) / np.sqrt(1 - 2 / np.pi)
    assert gap_of(values[above], values[~above]) == pytest.approx(expected, rel=0.01)
    assert expected == pytest.approx(2.65, abs=0.01)
