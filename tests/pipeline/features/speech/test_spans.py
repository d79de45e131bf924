"""Stretches of speech from probabilities; one chunk is 32 ms, ten are 0.32 s."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features.speech.spans import Stretch, stretches


def found(*runs: tuple[float, int], pause_s: float = 0.3, longest_s: float = 15.0):
    probabilities = np.concatenate([np.full(n, p, np.float32) for p, n in runs])
    return stretches(probabilities, 0.5, pause_s, longest_s)


def test_a_pause_cuts_and_a_breath_does_not():
    # 9 chunks of silence are 0.288 s, 10 are 0.32 s.
    assert found((0.9, 20), (0.1, 9), (0.9, 20)) == [Stretch(0, 49)]
    assert found((0.9, 20), (0.1, 10), (0.9, 20)) == [Stretch(0, 20), Stretch(30, 50)]


def test_a_fading_voice_goes_on_but_does_not_begin():
    assert found((0.4, 5), (0.9, 10), (0.4, 10), (0.1, 20)) == [Stretch(5, 25)]


def test_a_click_is_no_utterance():
    assert found((0.0, 20), (0.9, 6), (0.0, 20)) == []  # 0.192 s
    assert found((0.0, 20), (0.9, 7), (0.0, 20)) == [Stretch(20, 27)]  # 0.224 s


def test_long_speech_is_cut_where_it_is_least_likely():
    pieces = found((0.9, 70), (0.6, 1), (0.9, 50), longest_s=3.2)
    assert pieces == [Stretch(0, 70), Stretch(70, 121)]


@given(st.lists(st.floats(0, 1, width=32), max_size=400), st.floats(2, 5))
def test_stretches_are_in_order_and_never_overlap(values, longest_s):
    pieces = stretches(np.array(values, np.float32), 0.5, 0.3, longest_s)
    borders = [border for piece in pieces for border in (piece.start, piece.end)]
    assert borders == sorted(borders)
    assert all(0 < piece.end - piece.start <= round(longest_s / 0.032) for piece in pieces)
    assert borders == [] or borders[-1] <= len(values)


def test_silence_has_no_stretch():
    assert found((0.0, 100)) == []
    assert stretches(np.zeros(0, np.float32), 0.5, 0.3, 15.0) == []


@pytest.mark.parametrize("longest_s", [2.0, 60.0])
def test_one_long_word_is_whole_up_to_the_limit(longest_s):
    n = round(longest_s / 0.032)
    assert found((0.9, n), longest_s=longest_s) == [Stretch(0, n)]
