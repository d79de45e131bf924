"""Which pieces of speech are of one voice: clusters, settled by variational Bayes (VBx).

Each speaker is a point y of the space that vectors lie in (`voices` beside this): y has variance 1
where nothing is known of him, and the vectors of his pieces lie about sqrt(spread) y with variance
1. Ward's clusters are the first guess; then, by turns, each speaker's y is estimated from the
pieces that are his as far as we know, and each piece is given to speakers by how well they explain
it. A speaker whom the pieces do not need loses them all: so their number is found (Landini et al.
2022, arXiv:2012.14952, without its chain in time, as pyannote's community-1 has it). Limits were
chosen on made dialogues of other voices than those that the benchmark judges by, and on clips of
real people, each of whom is one; F_B is the published one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from pipeline.features.speech.voices import Vectors

WHOLE_S = 1.5  # so much speech counts as one observation, less as less
MOST_COUNT = 2.0  # and a long piece as no more: its vector is one look at the voice
EVIDENCE = 0.25  # of an observation (F_A): pieces of a talk are alike in more than the voice
RELUCTANCE = 0.8  # to have one speaker more (F_B)
NO_RELUCTANCE = 0.1  # where their number is given: else two like voices become one
MOST_FOUND = 10  # speakers, where their number is not given
MOST_LINKED = 2000  # pieces, evenly over the file: the memory of clusters grows with the square
LEAST_TALK_S = 1.0  # who says less in all is nobody: a laugh, a noise
MOST_ROUNDS, SETTLED = 40, 1e-4
Scores = NDArray[np.float64]


class Speakers(NamedTuple):
    """y (K, 128) and the variance that is left of it in each direction (K, 128)."""

    middles: Vectors
    variances: Vectors


def scores_of(vectors: Vectors, seconds: Scores, spread: Scores, number: int | None) -> Scores:
    """(n, K): the logarithm of how well each speaker explains each piece, up to what all share.

    `vectors` (n, 128) of pieces of so many `seconds` (n,), n > 0, all of a file; K is `number`
    where so many differ. Where as many are found without it, it changes nothing.
    """
    found = _settled(vectors, seconds, spread, None)
    if number is None or found.shape[1] == number:
        return found
    return _settled(vectors, seconds, spread, number)


def _settled(vectors: Vectors, seconds: Scores, spread: Scores, number: int | None) -> Scores:
    """The scores when speakers and their pieces change no more."""
    counts = np.minimum(seconds / WHOLE_S, MOST_COUNT)
    labels = first_guess(vectors, spread, number or MOST_FOUND)
    shares = np.eye(labels.max() + 1)[labels]
    weights = np.full(shares.shape[1], 1 / shares.shape[1])

    reluctance = RELUCTANCE if number is None else NO_RELUCTANCE
    scores = np.zeros_like(shares)
    for _ in range(MOST_ROUNDS):
        speakers = estimated(vectors, shares * counts[:, None], spread, reluctance)
        scores = counts[:, None] * explained(vectors, speakers, spread)
        if number is None:  # who has few pieces is less probable, down to nobody
            scores = scores + np.log(weights + 1e-8)
        before, shares = shares, shares_of(scores)
        weights = counts @ shares / counts.sum()
        if np.abs(shares - before).max() < SETTLED:
            break

    talk = np.bincount(scores.argmax(axis=1), seconds, scores.shape[1])
    least = 0.0 if number else min(LEAST_TALK_S, talk.max())
    kept: Scores = scores[:, (talk > 0) & (talk >= least)]
    return kept


def estimated(
    vectors: Vectors, counts: Scores, spread: Scores, reluctance: float = RELUCTANCE
) -> Speakers:
    """Each speaker's y, from how much of each piece is his: `counts` (n, K)."""
    ratio = EVIDENCE / reluctance
    variances = 1 / (1 + ratio * counts.sum(axis=0)[:, None] * spread)
    return Speakers(ratio * variances * (counts.T @ (vectors * np.sqrt(spread))), variances)


def explained(vectors: Vectors, speakers: Speakers, spread: Scores) -> Scores:
    """(n, K): the logarithm of how probable each vector is of each speaker, without what all share.

    Of x about sqrt(s) y it is the mean over y of -(x - sqrt(s) y)^2 / 2, without x^2.
    """
    middles, variances = speakers
    fits = vectors * np.sqrt(spread) @ middles.T
    scores: Scores = EVIDENCE * (fits - (variances + middles**2) @ spread / 2)
    return scores


def shares_of(scores: Scores) -> Scores:
    """(n, K): how probable each speaker is for each piece."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    whole: Scores = shares / shares.sum(axis=1, keepdims=True)
    return whole


def first_guess(vectors: Vectors, spread: Scores, most: int) -> NDArray[np.intp]:
    """(n,): Ward's cluster of each piece, at most `most` of them, from 0."""
    told = vectors * np.sqrt(spread / (1 + spread))  # each direction by what it tells
    if len(told) == 1:
        return np.zeros(1, np.intp)
    picked = np.unique(np.linspace(0, len(told) - 1, min(MOST_LINKED, len(told))).astype(np.intp))
    found = fcluster(linkage(told[picked], "ward"), most, "maxclust") - 1

    middles = np.stack([told[picked[found == label]].mean(axis=0) for label in np.unique(found)])
    labels = np.array([((middles - vector) ** 2).sum(axis=1).argmin() for vector in told])
    labels[picked] = found
    return np.unique(labels, return_inverse=True)[1]
