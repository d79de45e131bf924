"""Who speaks in each stretch of speech: voices are clustered, and stretches cut where they change.

Windows of a second along each stretch say which voices there are (`clustering` beside this). Each
is given to one of them, by the likeness of its vector and a cost for each change (Viterbi); a
change is moved to the least probable speech nearby.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.corpora.turns import Turn, as_written
from pipeline.features.speech.clustering import paths, speakers_of
from pipeline.features.speech.silero import STEP_S, SpeechDetector
from pipeline.features.speech.spans import Probabilities
from pipeline.features.speech.voices import Vectors, Voices, VoiceWindows
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

LEAST_S = 0.1  # of a waveform that has a voice
NEARBY_S = 0.4
SURENESS = 20.0  # two voices whose likeness differs by 0.05 are told apart with 0.73
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Heard:
    """What a stretch sounds like; samples are needed no more."""

    windows: VoiceWindows
    probabilities: Probabilities


def hear(samples: Waveform, voices: Voices, detector: SpeechDetector) -> Heard | None:
    """The voices along one stretch, None where it is too short to have any."""
    if len(samples) < LEAST_S * SAMPLE_RATE_HZ:
        return None
    return Heard(voices.windows(samples), detector.whole(samples))


def tell_voices(
    turns: Sequence[Turn], heard: Mapping[int, Heard], number: int | None, may_cut: bool
) -> list[Turn]:
    """Turns with speakers A, B, ... in the order of their first word.

    `heard`: by the index of a turn; a turn that is not among them has nobody. `may_cut`: a turn
    becomes several where the voice changes; else the voice that fits it best has all of it.
    """
    if not heard:
        return list(turns)
    speakers = speakers_of([voice.windows.vectors for voice in heard.values()], number)

    found: list[tuple[Turn, int]] = []
    for index, turn in enumerate(turns):
        if index not in heard:
            found.append((turn, -1))
        else:
            found += _told(turn, heard[index], speakers, may_cut)
    return _named(found)


def _told(turn: Turn, heard: Heard, speakers: Vectors, may_cut: bool) -> list[tuple[Turn, int]]:
    """The turn, or its parts, each with the number of its speaker."""
    likeness = heard.windows.vectors @ speakers.T  # (windows, K)
    if may_cut:
        (path,) = paths([heard.windows.vectors], speakers)
    else:
        path = np.full(len(likeness), likeness.mean(axis=0).argmax())
    changes = np.flatnonzero(np.diff(path)) + 1
    middles = heard.windows.middles_s
    times = [_quietest(heard.probabilities, (middles[c - 1] + middles[c]) / 2) for c in changes]
    borders = [turn.start_s, *(as_written(turn.start_s + time) for time in times), turn.end_s]

    parts = []
    for place, group in enumerate(np.split(np.arange(len(path)), changes)):
        start_s, end_s = borders[place], borders[place + 1]
        if start_s < end_s:
            sure = _sureness(likeness[group], int(path[group[0]]))
            part = replace(turn, start_s=start_s, end_s=end_s, speaker_confidence=sure)
            parts.append((part, int(path[group[0]])))
    return parts


def _quietest(probabilities: Probabilities, time_s: float) -> float:
    """The middle of the least probable chunk near a time."""
    low = max(0, round((time_s - NEARBY_S) / STEP_S))
    high = min(len(probabilities), round((time_s + NEARBY_S) / STEP_S))
    if high <= low:
        return time_s
    return (low + int(probabilities[low:high].argmin()) + 0.5) * STEP_S


def _sureness(likeness: NDArray[np.floating[Any]], chosen: int) -> float | None:
    """How much more like the chosen voice than the next: 0.5 = not at all; None if there is one."""
    if likeness.shape[1] < 2:
        return None
    mean = likeness.mean(axis=0)
    lead = mean[chosen] - np.delete(mean, chosen).max()
    return as_written(1 / (1 + np.exp(-SURENESS * lead)))


def _named(found: Sequence[tuple[Turn, int]]) -> list[Turn]:
    """Speakers are named in the order in which they first speak."""
    order = list(dict.fromkeys(number for _, number in found if number >= 0))
    names = {number: NAMES[place] for place, number in enumerate(order)}
    return [replace(turn, speaker=names.get(number, "")) for turn, number in found]
