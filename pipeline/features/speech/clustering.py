"""Which windows of a file are of one voice: cut in two again and again, while both halves differ.

All windows begin as one voice. A voice is cut along the direction in which its windows differ most,
then the two halves and the path through the windows (Viterbi, with a cost for each change) are made
anew by turns until neither changes. Without a number of speakers a cut stands where both halves
talk enough, their middles are less alike than `ALIKE`, and lie more than `APART` of their deviation
from each other along the line between them: two halves of one bell curve are 2.65 apart. Limits
were chosen on made dialogues of other voices than those that the benchmark judges by; of short
ones, where two voices were at most 0.72 alike and halves of one at least 0.86, in made talks too.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.features.speech.voices import HOP_S, Vectors, mean_vector

APART = 2.65
ALIKE, ALIKE_LONG, LONG_S = 0.9, 0.96, 25.0  # of much talk less of a difference tells
ALIKE_SHORT, SHORT_S = 0.8, 3.0  # halves of little talk by one voice differ by chance
LEAST_TALK_S, LEAST_SHARE, MOST_SHARE = 3.0, 0.05, 0.2
LEAST_GIVEN_S = 2.0  # where it is known how many there are, somebody may say little
CHANGE_COST = 0.1  # what a change must gain in likeness x seconds
MOST_ROUNDS = 10
MOST_SCRAPS = 20
Sequences = Sequence[Vectors]  # of windows that follow each other


def speakers_of(sequences: Sequences, number: int | None) -> Vectors:
    """(K, 256): the voice of each speaker of one sequence or more; K = `number` if they differ."""
    talk_s = HOP_S * sum(map(len, sequences))
    least_s = min(LEAST_GIVEN_S if number else LEAST_TALK_S, MOST_SHARE * talk_s)
    if number is None:
        least_s = max(least_s, LEAST_SHARE * talk_s)
    parts: list[Sequences] = [sequences]
    cuts = [_cut(sequences, least_s)]
    while number is None or len(parts) < number:
        gaps = [_gap(cut, is_known=number is not None) for cut in cuts]
        widest = int(np.argmax(gaps))
        cut = cuts[widest]
        if cut is None or gaps[widest] <= 0:
            break
        parts[widest : widest + 1] = cut
        cuts[widest : widest + 1] = [_cut(part, least_s) for part in cut]

    voices = np.stack([mean_vector(np.concatenate(part)) for part in parts])
    return settled(sequences, voices)


def gap_of(first: Vectors, second: Vectors) -> float:
    """How far apart two sets are along the line between their middles, in their deviations."""
    line = first.mean(axis=0) - second.mean(axis=0)
    sides = first @ line, second @ line
    n = len(first) + len(second)
    deviation = np.sqrt(sum(side.var() * len(side) for side in sides) / n)
    return float((sides[0].mean() - sides[1].mean()) / max(deviation, 1e-9))


def _gap(cut: tuple[Sequences, Sequences] | None, *, is_known: bool) -> float:
    """The gap of a cut, 0 where it does not stand."""
    if cut is None:
        return 0.0
    halves = tuple(np.concatenate(half) for half in cut)
    gap = gap_of(*halves)
    likeness = float(np.dot(*map(mean_vector, halves)))
    differs = gap > APART and likeness < _alike(*map(len, halves))
    return gap if is_known or differs else 0.0


def _alike(*n_windows: int) -> float:
    """How like each other the middles of two voices may be, by the talk of the halves."""
    if HOP_S * min(n_windows) < SHORT_S:
        return ALIKE_SHORT
    return ALIKE_LONG if HOP_S * sum(n_windows) >= LONG_S else ALIKE


def settled(sequences: Sequences, voices: Vectors) -> Vectors:
    """Voices as the windows that follow their path have them, made anew until they stay."""
    windows = np.concatenate(sequences)
    for _ in range(MOST_ROUNDS):
        path = np.concatenate(paths(sequences, voices))
        known = [path == number for number in range(len(voices))]
        anew = [
            mean_vector(windows[own]) if own.any() else voice
            for own, voice in zip(known, voices, strict=True)
        ]
        moved = np.abs(np.stack(anew) - voices).max()
        voices = np.stack(anew)
        if moved < 1e-5:
            break
    return voices


def paths(sequences: Sequences, voices: Vectors) -> list[NDArray[np.intp]]:
    """Which voice each window has, sequence by sequence."""
    return [best_path(windows @ voices.T * HOP_S, CHANGE_COST) for windows in sequences]


def best_path(scores: NDArray[np.floating[Any]], cost: float) -> NDArray[np.intp]:
    """(T, K) scores -> (T,): the states of the largest sum, less `cost` for every change."""
    total = scores[0].astype(np.float64)
    came_from = np.zeros(scores.shape, np.intp)
    for time in range(1, len(scores)):
        best = int(total.argmax())
        stays = total >= total[best] - cost
        came_from[time] = np.where(stays, np.arange(len(total)), best)
        total = np.maximum(total, total[best] - cost) + scores[time]
    path = [int(total.argmax())]
    for time in range(len(scores) - 1, 0, -1):
        path.append(int(came_from[time][path[-1]]))
    return np.array(path[::-1], np.intp)


def _cut(sequences: Sequences, least_s: float) -> tuple[Sequences, Sequences] | None:
    """Both halves of what may be two voices; None where one would hardly talk.

    A few windows that are like nothing else (a laugh, a noise) are left out, and the rest is tried.
    """
    for _ in range(MOST_SCRAPS):
        windows = np.concatenate(sequences) if sequences else np.zeros((0, 0), np.float32)
        if len(windows) * HOP_S < 2 * least_s:
            return None
        centred = windows - windows.mean(axis=0)
        direction = np.linalg.eigh(centred.T @ centred)[1][:, -1]  # of the largest variance
        side = centred @ direction > 0
        if side.all() or not side.any():
            return None

        middles = [mean_vector(windows[side]), mean_vector(windows[~side])]
        voices = settled(sequences, np.stack(middles))
        found = paths(sequences, voices)
        halves = [_of(sequences, found, number) for number in (0, 1)]
        talk = [HOP_S * sum(map(len, half)) for half in halves]
        if min(talk) >= least_s:
            return halves[0], halves[1]
        if min(talk) == 0:
            return None
        sequences = halves[int(np.argmax(talk))]
    return None


def _of(sequences: Sequences, found: Sequence[NDArray[np.intp]], number: int) -> Sequences:
    """The stretches of windows that have one voice."""
    kept = []
    for windows, path in zip(sequences, found, strict=True):
        groups = np.split(np.arange(len(path)), np.flatnonzero(np.diff(path)) + 1)
        kept += [windows[group] for group in groups if path[group[0]] == number]
    return kept
