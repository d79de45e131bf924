"""Which pieces are of one voice: the steps by hand and by integration, and how many are found.

Voices here are points of the space with the spread of speakers, pieces lie about them with
variance 1.
"""

import numpy as np
import pytest

from pipeline.features.speech.clustering import (
    EVIDENCE,
    MOST_LINKED,
    RELUCTANCE,
    Speakers,
    estimated,
    explained,
    first_guess,
    scores_of,
    shares_of,
)

SPREAD = 25 * 0.9 ** np.arange(128.0)


def voices(n, rng):
    return rng.normal(size=(n, 128)) * np.sqrt(SPREAD)


def said(voice, n, rng):
    return voice + rng.normal(size=(n, 128))


def heard(vectors, piece_s=1.2, number=None):
    return scores_of(vectors, np.full(len(vectors), piece_s), SPREAD, number)


def test_a_speaker_of_two_pieces_by_hand():
    """In one direction of spread 4, of pieces at 1 and 3; F_A = 1/4, F_A / F_B = 5/16."""
    assert (EVIDENCE, RELUCTANCE) == (1 / 4, 4 / 5)
    speakers = estimated(np.array([[1.0], [3.0]]), np.ones((2, 1)), np.array([4.0]))
    assert speakers.variances == pytest.approx(np.array([[2 / 7]]))  # 1 / (1 + 5/16 * 2 * 4)
    assert speakers.middles == pytest.approx(np.array([[5 / 7]]))  # 5/16 * 2/7 * (2 + 6)
    (score,) = explained(np.array([[1.0]]), speakers, np.array([4.0]))[0]
    assert score == pytest.approx(1 / 4 * (2 * 5 / 7 - 4 * (2 / 7 + 25 / 49) / 2))


def test_how_well_a_speaker_explains_a_piece_is_a_mean_over_what_he_may_sound_like():
    """Against Gauss and Hermite's integral of -(x - sqrt(s) y)^2 / 2 over y."""
    x, spread, middle, variance = 1.3, 5.0, 0.4, 0.2
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    y = middle + np.sqrt(variance) * nodes
    expected = (weights * -((x - np.sqrt(spread) * y) ** 2) / 2).sum() / weights.sum() + x**2 / 2
    speakers = Speakers(np.array([[middle]]), np.array([[variance]]))
    found = explained(np.array([[x]]), speakers, np.array([spread]))
    assert found == pytest.approx(np.array([[EVIDENCE * expected]]))


def test_shares_are_those_of_logarithms():
    assert shares_of(np.log([[1.0, 3.0], [2.0, 2.0]])) == pytest.approx(
        np.array([[0.25, 0.75], [0.5, 0.5]])
    )


def test_as_many_speakers_as_voices_differ_and_each_piece_has_its_own():
    rng = np.random.default_rng(0)
    ann, ben, cid = voices(3, rng)
    turns = [said(voice, 4, rng) for voice in (ann, ben, ann, cid, ben)]
    scores = heard(np.concatenate(turns))
    assert scores.shape == (20, 3)
    best = scores.argmax(axis=1).reshape(5, 4)
    assert (best == best[:, :1]).all()
    assert best[0, 0] == best[2, 0] != best[1, 0] == best[4, 0] != best[3, 0]


@pytest.mark.parametrize("n_pieces", [1, 2, 6, 60, 600])
def test_who_speaks_alone_is_one(n_pieces):
    rng = np.random.default_rng(n_pieces)
    assert heard(said(voices(1, rng), n_pieces, rng)).shape == (n_pieces, 1)


def test_two_who_say_a_sentence_each_are_two():
    rng = np.random.default_rng(0)
    ann, ben = voices(2, rng)
    assert heard(np.concatenate([said(ann, 2, rng), said(ben, 2, rng)])).shape == (4, 2)


@pytest.mark.parametrize(("piece_s", "expected"), [(0.8, 2), (1.2, 3)])
def test_who_says_less_than_a_second_is_nobody(piece_s, expected):
    rng = np.random.default_rng(0)
    ann, ben, cid = voices(3, rng)
    vectors = np.concatenate([said(ann, 8, rng), said(ben, 8, rng), said(cid, 1, rng)])
    seconds = np.array([1.2] * 16 + [piece_s])
    assert scores_of(vectors, seconds, SPREAD, None).shape == (17, expected)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_given_number_is_met(number):
    rng = np.random.default_rng(1)
    vectors = np.concatenate([said(voice, 5, rng) for voice in voices(3, rng)])
    assert heard(vectors, number=number).shape == (15, number)


def test_two_voices_that_are_alike_are_two_where_two_are_given():
    rng = np.random.default_rng(2)
    ann = voices(1, rng)
    ben = ann + rng.normal(size=128) * 0.35
    vectors = np.concatenate([said(voice, 12, rng) for voice in (ann, ben)])
    assert heard(vectors).shape == (24, 1)
    assert heard(vectors, number=2).shape == (24, 2)


def test_of_a_long_file_some_pieces_are_linked_and_all_are_told():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, MOST_LINKED + 500)
    vectors = voices(3, rng)[truth] + rng.normal(size=(len(truth), 128))
    guess = first_guess(vectors, SPREAD, 3)
    assert len(np.unique(np.stack([truth, guess]), axis=1).T) == 3
    best = heard(vectors).argmax(axis=1)
    assert len(np.unique(np.stack([truth, best]), axis=1).T) == 3
