"""The picture of a dialogue: both actors side by side, one speaking, the other listening.

Frames are (480, 720, 3) RGB; each half is 360 wide and shows its actor on rows 112 to 367, black
above and below (reading.md D.1). The marker wearer, whose letter is in the dialogue's name, is
left.
"""

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from demo.actor import HEIGHT_PX, MARGIN_PX, WIDTH_PX, Actor, cast
from demo.moods import EXPRESSIONS, Expression
from demo.portraits import Image
from demo.timeline import PAD_S, Performance, SpokenTurn
from demo.warp import express, part_lips, turn_away

FRAME_RATE = Fraction(30000, 1001)
FRAME_PX = (480, 720)  # height, width
TOP_PX = (FRAME_PX[0] - HEIGHT_PX) // 2
N_OPENINGS = 6  # a mouth takes one of so many positions
WIDEST = 0.20  # eye distances, of the speaking mouth
LOUD = 90  # this percentile of a turn's loudness opens the mouth fully
SWAY = ((5.3, 3.1), (4.1, 2.7))  # seconds: periods of the left and right head, across and down
SWAY_PX = (6, 3)  # how far, across and down


def draw_frames(performance: Performance) -> Iterator[Image]:
    """Yield the frames of the whole recording; each is the same array, drawn anew."""
    dialogue = performance.dialogue
    letters = (dialogue.marked, "M" if dialogue.marked == "F" else "F")
    actors = {letter: cast(letter, dialogue.session) for letter in letters}
    resting = {letter: _faces(actor, Expression(), 1) for letter, actor in actors.items()}

    frame = np.zeros((*FRAME_PX, 3), np.uint8)
    for first, end, turn in _pieces(performance):
        pictures, levels = dict(resting), np.zeros(end - first, np.int64)
        if turn is not None:
            speaker = turn.turn.speaker
            pictures[speaker] = _speaking(turn, actors[speaker])
            levels = mouth_levels(turn, performance.sample_rate_hz, first, end)

        for index in range(first, end):
            for side, letter in enumerate(letters):
                choice = levels[index - first] % len(pictures[letter])
                _show(frame, side, pictures[letter][choice], float(index / FRAME_RATE))
            yield frame


def _pieces(performance: Performance) -> Iterator[tuple[int, int, SpokenTurn | None]]:
    """First frame and the one after the last, of each turn and of what lies between turns.

    A turn begins with the frame that is on screen when its span begins.
    """
    done = 0
    for turn in performance.spoken:
        first = max(done, math.floor(turn.start_s * FRAME_RATE))
        end = math.ceil(turn.end_s * FRAME_RATE)
        yield done, first, None
        yield first, end, turn
        done = end
    yield done, math.floor(performance.duration_s * FRAME_RATE), None


def mouth_levels(turn: SpokenTurn, sample_rate_hz: int, first: int, end: int) -> NDArray[np.int64]:
    """How far the mouth is open in frames `first` to `end`, 0 to N_OPENINGS - 1, by loudness."""
    centers_s = np.arange(first, end) / float(FRAME_RATE) - turn.start_s - PAD_S
    power = np.concatenate([[0.0], np.cumsum(turn.waveform.astype(np.float64) ** 2)])
    half = round(0.75 * sample_rate_hz / FRAME_RATE)
    centers = (centers_s * sample_rate_hz).round().astype(np.int64)
    starts = np.clip(centers - half, 0, len(turn.waveform))
    ends = np.clip(centers + half, 0, len(turn.waveform))
    loudness = np.sqrt((power[ends] - power[starts]) / (2 * half))
    steps = loudness * N_OPENINGS / max(float(np.percentile(loudness, LOUD)), 1.0)
    return np.asarray(np.clip(steps, 0, N_OPENINGS - 1), np.int64)


def _speaking(turn: SpokenTurn, actor: Actor) -> list[Image]:
    """Pictures of the speaker, one per mouth position; one picture where no face is to be seen."""
    if turn.turn.lack == "face":
        is_dark = int(turn.turn.utterance_id[-1]) % 2 == 0
        return [np.zeros_like(actor.picture) if is_dark else turn_away(actor.picture, actor.face)]
    return _faces(actor, EXPRESSIONS[turn.turn.mood] * turn.turn.seen, N_OPENINGS)


def _faces(actor: Actor, expression: Expression, n_openings: int) -> list[Image]:
    steps = [WIDEST * level / max(n_openings - 1, 1) for level in range(n_openings)]
    parted = [part_lips(actor.picture, actor.face, expression.mouth_open + step) for step in steps]
    return [express(picture, actor.face, expression) for picture in parted]


def _show(frame: Image, side: int, picture: Image, now_s: float) -> None:
    """Copy an actor into their half of the frame; the head sways a little."""
    x, y = (
        MARGIN_PX + round(reach * math.sin(2 * math.pi * now_s / period))
        for reach, period in zip(SWAY_PX, SWAY[side], strict=True)
    )
    half = frame[TOP_PX : TOP_PX + HEIGHT_PX, side * WIDTH_PX : (side + 1) * WIDTH_PX]
    half[:] = picture[y : y + HEIGHT_PX, x : x + WIDTH_PX]
