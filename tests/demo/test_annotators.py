import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from demo.annotators import NAMES, evaluate
from demo.moods import MOODS


@pytest.fixture
def turn(default_script):
    return default_script[0].turns[0]


def votes(evaluation):
    found = [re.fullmatch(r"C-E\d:\t(\w+);\t\(\)", line) for line in evaluation.lines]
    return [match[1] for match in found if match]


@pytest.mark.parametrize("mood", MOODS)
def test_most_voters_say_the_label(turn, mood):
    rng = np.random.default_rng(0)
    for _ in range(50):
        cast = votes(evaluate(replace(turn, mood=mood, label=mood), rng))
        assert len(cast) == 3
        assert Counter(cast)[NAMES[mood]] >= 2


def test_nobody_agrees_where_there_is_no_label(turn):
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert len(set(votes(evaluate(replace(turn, label="xxx"), rng)))) == 3


def test_the_record_holds_the_means_of_the_ratings(turn):
    rng = np.random.default_rng(0)
    pattern = re.compile(r"A-E\d:\tval (\d); act (\d); dom  (\d);\t\(\)")
    for _ in range(50):
        evaluation = evaluate(turn, rng)
        found = [match for line in evaluation.lines if (match := pattern.fullmatch(line))]
        ratings = np.array([match.groups() for match in found]).astype(int)
        assert len(ratings) == 2
        assert ((ratings >= 1) & (ratings <= 5)).all()
        assert evaluation.means == tuple(ratings.mean(axis=0))


def test_the_generator_decides(turn):
    first, second = (evaluate(turn, np.random.default_rng(3)) for _ in range(2))
    assert first == second
