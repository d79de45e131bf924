"""Who speaks: in pieces cut where it is quiet, or as a file beside the video names it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpora.transcripts.rttm import with_speakers
from pipeline.corpora.turns import Turn
from pipeline.features.speech.silero import STEP_S
from pipeline.features.speech.speakers import (
    LONG_S,
    SHORT_S,
    Heard,
    quiet_moments,
    tell_voices,
)

SPREAD = np.full(2, 50.0)
ANN, BEN = np.array([7.0, 0.0]), np.array([0.0, 7.0])


def test_turns_without_a_voice_have_nobody():
    turns = [Turn(0, 1), Turn(2, 2.05)]
    assert tell_voices(turns, {}, SPREAD, None, True) == turns


@given(st.integers(3, 700), st.integers(0, 9))
def test_pieces_cover_a_stretch_and_are_neither_short_nor_long(n_chunks, seed):
    probabilities = np.random.default_rng(seed).random(n_chunks, np.float32)
    length_s = n_chunks * STEP_S
    borders = [0.0, *quiet_moments(probabilities, length_s), length_s]
    lengths = [end - start for start, end in pairwise(borders)]
    assert max(lengths) <= LONG_S + SHORT_S / 2 + STEP_S
    assert len(lengths) == 1 or min(lengths) >= SHORT_S - STEP_S


def test_a_stretch_is_cut_where_it_is_quiet():
    probabilities = np.full(75, 0.9, np.float32)
    probabilities[38:41] = 0.2
    assert list(quiet_moments(probabilities, 2.4)) == [pytest.approx(39.5 * STEP_S)]


@pytest.mark.parametrize("may_cut", [True, False])
def test_a_turn_is_cut_where_the_voice_changes_if_it_may_be(may_cut):
    turns = [Turn(10, 14), Turn(15, 17), Turn(18, 18.05)]
    heard = {
        0: Heard([0, 1.25, 2.75, 4], np.stack([ANN, ANN, BEN])),
        1: Heard([0, 1, 2], np.stack([BEN, BEN])),
    }
    found = tell_voices(turns, heard, SPREAD, 2, may_cut)
    cut = [(10, 12.75, "A"), (12.75, 14, "B")] if may_cut else [(10, 14, "A")]
    expected = [*cut, (15, 17, "B"), (18, 18.05, "")]
    assert [(turn.start_s, turn.end_s, turn.speaker) for turn in found] == expected
    assert all(turn.speaker_confidence > 0.7 for turn in found[:-1])


def test_of_one_voice_nobody_knows_how_sure_it_is():
    heard = {0: Heard([0, 1, 2], np.stack([ANN, ANN]))}
    (turn,) = tell_voices([Turn(0, 2)], heard, SPREAD, None, True)
    assert (turn.start_s, turn.end_s, turn.speaker) == (0, 2, "A")
    assert turn.speaker_confidence is None


def test_rttm_names_who_talks_most_in_a_turn():
    turns = [Turn(0, 2), Turn(2, 4, "kept"), Turn(9, 10)]
    spoken = [Turn(0, 0.5, "ann"), Turn(0.4, 3, "ben")]
    assert [turn.speaker for turn in with_speakers(turns, spoken)] == ["ben", "kept", ""]
