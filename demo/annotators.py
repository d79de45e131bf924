"""Annotators of the demo corpus: votes for categories, ratings of valence, activation, dominance.

Three vote; the label is what at least two say, xxx where all three differ. Two rate each dimension
from 1 to 5; the means of their ratings stand in the record (reading.md D.1). Nobody was asked:
this is synthetic, and follows the script.
"""

from dataclasses import dataclass

import numpy as np

from demo.moods import MOODS, Mood
from demo.script import ScriptTurn

VOTERS = ("C-E1", "C-E2", "C-E4")
RATERS = ("A-E3", "A-E4")
AGREE = 0.75  # chance that the third voter joins the other two
NAMES: dict[Mood, str] = {
    "neu": "Neutral",
    "hap": "Happiness",
    "exc": "Excited",
    "sad": "Sadness",
    "ang": "Anger",
    "fru": "Frustration",
}
RATINGS: dict[Mood, tuple[float, float, float]] = {
    "neu": (3.0, 2.5, 2.8),
    "hap": (4.2, 3.2, 3.1),
    "exc": (4.2, 4.1, 3.5),
    "sad": (2.0, 2.2, 2.4),
    "ang": (1.7, 4.0, 4.1),
    "fru": (2.2, 3.1, 3.2),
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What stands below a record: `means` of valence, activation, dominance; annotators' lines."""

    means: tuple[float, float, float]
    lines: tuple[str, ...]


def evaluate(turn: ScriptTurn, rng: np.random.Generator) -> Evaluation:
    """Draw votes and ratings that agree with the label of `turn`."""
    votes = _votes(turn, rng)
    order = rng.permutation(len(VOTERS)).tolist()
    lines = [
        f"{voter}:\t{NAMES[votes[place]]};\t()" for voter, place in zip(VOTERS, order, strict=True)
    ]
    noisy = np.array(RATINGS[turn.mood]) + rng.normal(0, 0.5, size=(len(RATERS), 3))
    ratings = np.clip(noisy.round(), 1, 5).astype(int)
    for rater, (valence, activation, dominance) in zip(RATERS, ratings.tolist(), strict=True):
        lines.append(f"{rater}:\tval {valence}; act {activation}; dom  {dominance};\t()")
    valence, activation, dominance = ratings.mean(axis=0).tolist()
    return Evaluation((valence, activation, dominance), tuple(lines))


def _votes(turn: ScriptTurn, rng: np.random.Generator) -> tuple[Mood, Mood, Mood]:
    others = [mood for mood in MOODS if mood != turn.mood]
    first, second = (others[index] for index in rng.choice(len(others), 2, replace=False).tolist())
    if turn.label == "xxx":
        return turn.mood, first, second
    return turn.mood, turn.mood, turn.mood if rng.random() < AGREE else first
