"""Which of several faces speaks, on mouths whose motion is given."""

import numpy as np
import pytest

from pipeline.media.loudness import Loudness
from pipeline.media.mouths import Mouth
from pipeline.media.who_speaks import FOLLOWS, MOVES, STILL, speaking

pytestmark = pytest.mark.fresh

rng = np.random.default_rng(0)
SYLLABLES = np.repeat(rng.uniform(0.01, 0.2, 40), 20)  # amplitude: 8 s, five a second
LOUD = Loudness(0.0, SYLLABLES**2)


def mouth(motion, rest=0.005, first_s=0.0, n_frames=75, change=None):
    """`motion` and `rest` are root mean squares."""
    times = [first_s + number / 25 for number in range(n_frames)]
    change = [0.1] * n_frames if change is None else list(change[:n_frames])
    return Mouth(times, [motion**2] * n_frames, [rest**2] * n_frames, change)


def heard(shift=0, n_frames=200):
    """Changes of lips that follow the sound, or that of so many frames later."""
    return np.roll(SYLLABLES[1::4], shift)[:n_frames]


def test_the_mouth_that_moves_speaks_if_all_others_are_still():
    assert speaking([mouth(0.1), mouth(0.02)], LOUD) == [0]
    assert speaking([mouth(0.02), mouth(0.02), mouth(0.1)], LOUD) == [2]
    assert speaking([mouth(0.02), mouth(0.02)], LOUD) == []


def test_neither_of_two_that_move_speaks_if_neither_follows_the_sound():
    noise = [rng.uniform(0, 1, 75) for _ in range(2)]
    assert speaking([mouth(0.1, change=noise[0]), mouth(0.05, change=noise[1])], LOUD) == []
    assert speaking([mouth(0.2), mouth(0.1)], LOUD) == []


def test_of_two_that_move_the_one_that_follows_the_sound_speaks():
    follows, laughs = (
        mouth(0.1, n_frames=150, change=change)
        for change in (heard(), 1 + np.sin(2 * np.pi * 4.5 * np.arange(150) / 25))
    )
    assert speaking([follows, laughs], LOUD) == [0]
    assert speaking([laughs, follows], LOUD) == [1]
    assert speaking([laughs, follows, mouth(0.01, n_frames=150)], LOUD) == [1]
    # Two that follow it alike are not told apart.
    assert speaking([follows, mouth(0.1, n_frames=150, change=heard())], LOUD) == []


def test_picture_and_sound_may_be_two_frames_apart_but_not_ten():
    laughs = mouth(0.1, n_frames=150, change=rng.uniform(0, 1, 150))
    for shift, told in ((-2, [0]), (2, [0]), (10, [])):
        late = mouth(0.1, n_frames=150, change=heard(shift))
        assert speaking([late, laughs], LOUD) == told


def test_a_head_that_moves_as_much_as_the_mouth_tells_nothing():
    # 0.04^2 - 0.5 * 0.04^2 = 0.028^2, less than it takes to move.
    assert speaking([mouth(0.04, rest=0.04), mouth(0.01)], LOUD) == []
    assert MOVES > 0.028


def test_a_mouth_hardly_more_than_still_is_not_told_from_one_hardly_less():
    assert speaking([mouth(STILL + 0.003), mouth(STILL - 0.003)], LOUD) == []


@pytest.mark.parametrize("sound", [None, Loudness(0.0, np.zeros(800))])
def test_where_nothing_is_heard_nobody_speaks(sound):
    assert speaking([mouth(0.1), mouth(0.01)], sound) == []


def test_less_than_ten_frames_tell_nothing_and_hide_nobody():
    assert speaking([mouth(0.1, n_frames=9), mouth(0.01, n_frames=9)], LOUD) == []
    assert speaking([mouth(0.1), mouth(0.1, n_frames=9)], LOUD) == [0]


def test_faces_that_are_never_seen_together_are_no_rivals():
    """A cut: first the listener alone, then the speaker alone, then the speaker from elsewhere."""
    shots = [mouth(0.01), mouth(0.1, first_s=3.1), mouth(0.1, first_s=6.2, n_frames=40)]
    assert speaking(shots, LOUD) == [1, 2]


def test_of_any_that_are_seen_together_at_most_one_is_told():
    for seed in range(200):
        draw = np.random.default_rng(seed)
        mouths = [
            mouth(draw.uniform(0, 0.2), draw.uniform(0, 0.1), change=draw.uniform(0, 1, 75))
            for _ in range(draw.integers(2, 5))
        ]
        assert len(speaking(mouths, LOUD)) <= 1


def test_the_limit_grows_with_the_time_as_chance_does_not():
    """Lips that follow the sound wholly beside lips that do not at all: 1 * sqrt(s) > FOLLOWS."""
    for n_frames, told in ((14, []), (60, [0])):
        mouths = [mouth(0.1, change=change, n_frames=n_frames) for change in (heard(), np.ones(99))]
        assert speaking(mouths, LOUD) == told
    assert (14 / 25) ** 0.5 < FOLLOWS < (60 / 25) ** 0.5
