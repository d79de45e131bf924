"""Which of several faces speaks: the mouths that move while others are still, or with the sound.

A mouth *moves* where it does so beyond what the rest of the face does (pipeline.media.mouths), and
is *still* where hardly anything around the lips changes. Of faces that are seen together, the one
whose mouth moves speaks if all others are still. Where others are not still (a listener laughs,
nods, or speaks too), the changes of the lips are correlated with how loud it is, and a face speaks
if it follows the sound clearly better than each of the others that are not still. Else nobody is
said to speak. Where nothing is to be heard, nobody does.

The limits were chosen on ten public clips of real talking faces (OpenTalker's SadTalker and
video-retalking, ByteDance's LatentSync), on their pauses, and on listeners made of single frames of
theirs that are held, swayed, shaken and nodded. docs/faces.md has the figures.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.media.loudness import Loudness
from pipeline.media.mouths import Mouth, smoothed

STILL = 0.035  # root mean square around the lips, in contrasts of the face: listeners are below
MOVES = 0.035  # the same beyond REST of what eyes and nose do
REST = 0.5
TIMES = 1.5  # as much as any that is still
FOLLOWS = 0.9  # greater correlation with the sound than another's, times the root of the seconds

MIN_FRAMES = 10  # of a mouth, and of two seen together: 0.4 s
GRID_PER_S = 25.0
SMOOTH, DRIFT = 0.8, 25.0  # steps of the grid: what is faster is noise, what is slower is drift
MAX_LAG = 2  # steps by which picture and sound may be apart
BEFORE_S, AFTER_S = 0.03, 0.05  # of a frame: the sound that its mouth makes

Series = NDArray[np.float64]


def speaking(mouths: Sequence[Mouth], loudness: Loudness | None) -> list[int]:
    """Indices of the mouths that can be told to be the speaker's; seen together, at most one is."""
    if loudness is None or loudness.is_silent:
        return []
    seen = [index for index, mouth in enumerate(mouths) if len(mouth.times_s) >= MIN_FRAMES]
    return [
        index
        for index in seen
        if _speaks(
            mouths[index],
            [mouths[k] for k in seen if k != index and _are_together(mouths[index], mouths[k])],
            loudness,
        )
    ]


def _speaks(mouth: Mouth, rivals: Sequence[Mouth], loudness: Loudness) -> bool:
    """Whether a mouth is the speaker's, among those that are seen together with it."""
    active = [rival for rival in rivals if _motion(rival) > STILL]
    if _motion(mouth) < TIMES * max((_motion(r) for r in rivals if r not in active), default=0.0):
        return False
    if not active:
        return _own_motion(mouth) >= MOVES
    return _motion(mouth) > STILL and all(
        _advantage(mouth, rival, loudness) >= FOLLOWS for rival in active
    )


def _motion(mouth: Mouth) -> float:
    return math.sqrt(float(np.mean(mouth.motion)))


def _own_motion(mouth: Mouth) -> float:
    """Beyond what the whole face does."""
    own = float(np.mean(mouth.motion)) - REST * float(np.mean(mouth.rest))
    return math.sqrt(max(own, 0.0))


def _are_together(mouth: Mouth, other: Mouth) -> bool:
    return len(_shared(mouth, other)) >= MIN_FRAMES


def _shared(mouth: Mouth, other: Mouth) -> Series:
    """The times of a common grid at which both are seen."""
    start_s = max(mouth.times_s[0], other.times_s[0])
    end_s = min(mouth.times_s[-1], other.times_s[-1])
    return start_s + np.arange(max(math.floor((end_s - start_s) * GRID_PER_S) + 1, 0)) / GRID_PER_S


def _advantage(mouth: Mouth, other: Mouth, loudness: Loudness) -> float:
    """How much better a mouth follows the sound than another; grows with the time, as chance not.

    The correlation of n samples that have nothing to do with each other varies as 1 / sqrt(n).
    """
    times_s = _shared(mouth, other)
    loud = _band(loudness.at(times_s, BEFORE_S, AFTER_S))
    own, others = (
        _follows(_band(np.interp(times_s, seen.times_s, seen.change)), loud)
        for seen in (mouth, other)
    )
    return (own - others) * math.sqrt(len(times_s) / GRID_PER_S)


def _band(values: Series) -> Series:
    return smoothed(values, SMOOTH) - smoothed(values, DRIFT)


def _follows(change: Series, loud: Series) -> float:
    """The best correlation of both within MAX_LAG steps; 0 where one of them is constant."""
    n = len(change)
    return max(
        _correlation(change[max(lag, 0) : n + min(lag, 0)], loud[max(-lag, 0) : n + min(-lag, 0)])
        for lag in range(-MAX_LAG, MAX_LAG + 1)
    )


def _correlation(values: Series, others: Series) -> float:
    a, b = values - values.mean(), others - others.mean()
    scale = math.sqrt(float((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0
