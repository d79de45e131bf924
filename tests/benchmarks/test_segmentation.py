"""The measures of benchmarks/segmentation.py against hand arithmetic."""

import pytest

from benchmarks.segmentation import diarization, word_error
from pipeline.corpora.turns import Turn


def test_the_same_turns_under_other_names_have_no_error():
    said = [Turn(0, 2, "ann"), Turn(3, 4, "ben")]
    assert diarization(said, [Turn(0, 2, "B"), Turn(3, 4, "A")]) == (0, 0, 0)


def test_parts_of_the_diarization_error():
    # Ten seconds are said. Second 0-1 is missed, 10-12 is a false alarm, 4-6 has the wrong name.
    said = [Turn(0, 6, "ann"), Turn(6, 10, "ben")]
    found = [Turn(1, 4, "A"), Turn(4, 12, "B")]
    rates = diarization(said, found)
    assert rates == pytest.approx((0.1, 0.2, 0.2))
    assert rates.der == pytest.approx(0.5)


def test_two_at_once_count_twice():
    said = [Turn(0, 2, "ann"), Turn(1, 2, "ben")]
    assert diarization(said, [Turn(0, 2, "A")]) == pytest.approx((1 / 3, 0, 0))


def test_word_error_counts_edits():
    assert word_error("You take the exit.", "you take the exit") == 0
    assert word_error("a b c d", "a x c") == 0.5  # one exchanged, one deleted
    assert word_error("a b", "a b c d") == 1.0
    assert word_error("a b", "") == 1.0
