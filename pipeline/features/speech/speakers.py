"""Who speaks in each stretch of speech: voices are clustered, and stretches cut where they change.

A stretch is heard in pieces of about a second, cut where speech is least probable: a change of
voices without a pause still has a moment between two sounds. Each piece is given to a speaker
(`clustering` beside this), and neighbours of one speaker are joined again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from pipeline.corpora.turns import Turn, as_written
from pipeline.features.speech.clustering import Scores, scores_of, shares_of
from pipeline.features.speech.silero import STEP_S, SpeechDetector
from pipeline.features.speech.spans import Probabilities
from pipeline.features.speech.voices import Vectors, Voices
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

LEAST_S = 0.1  # of a waveform that has a voice
SHORT_S, LONG_S = 0.7, 1.6  # of a piece: shorter ones tell little, longer ones hold two voices
SMOOTHED = 3  # chunks of 32 ms: less is within a sound
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Heard:
    """Pieces of a stretch: borders in seconds from its beginning (n + 1,), and their vectors."""

    borders_s: Sequence[float]
    vectors: Vectors  # (n, 128)

    @property
    def seconds(self) -> Scores:
        """(n,): how long each piece lasts."""
        return np.diff(np.array(self.borders_s))


def hear(samples: Waveform, voices: Voices, detector: SpeechDetector) -> Heard | None:
    """The voices along one stretch, None where it is too short to have any."""
    if len(samples) < LEAST_S * SAMPLE_RATE_HZ:
        return None
    length_s = len(samples) / SAMPLE_RATE_HZ
    borders = [0.0, *quiet_moments(detector.whole(samples), length_s), length_s]
    places = [round(border * SAMPLE_RATE_HZ) for border in borders]
    vectors = [voices.vector(samples[start:end]) for start, end in pairwise(places)]
    return Heard(borders, np.stack(vectors))


def quiet_moments(probabilities: Probabilities, length_s: float) -> Iterator[float]:
    """Seconds at which a stretch is cut into pieces of `SHORT_S` to `LONG_S`, or little more."""
    smooth = np.convolve(probabilities, np.ones(SMOOTHED) / SMOOTHED, "same")
    start_s = 0.0

    while length_s - start_s > LONG_S + SHORT_S / 2:
        low = round((start_s + SHORT_S) / STEP_S)
        high = round(min(start_s + LONG_S, length_s - SHORT_S) / STEP_S)
        start_s = (low + int(smooth[low:high].argmin()) + 0.5) * STEP_S
        yield start_s


def tell_voices(
    turns: Sequence[Turn],
    heard: Mapping[int, Heard],
    spread: Scores,
    number: int | None,
    may_cut: bool,
) -> list[Turn]:
    """Turns with speakers A, B, ... in the order of their first word.

    `heard`: by the index of a turn; a turn that is not among them has nobody. `spread` is that of
    the space. `may_cut`: a turn becomes several where the voice changes; else the voice that fits
    it best has all of it.
    """
    if not heard:
        return list(turns)
    vectors = np.concatenate([voice.vectors for voice in heard.values()])
    seconds = np.concatenate([voice.seconds for voice in heard.values()])
    scores = scores_of(vectors, seconds, spread, number)
    ends = np.cumsum([len(voice.vectors) for voice in heard.values()])
    own = dict(zip(heard, np.split(scores, ends[:-1]), strict=True))

    found: list[tuple[Turn, int]] = []
    for index, turn in enumerate(turns):
        if index not in heard:
            found.append((turn, -1))
        else:
            found += _told(turn, heard[index].borders_s, own[index], may_cut)
    return _named(found)


def _told(
    turn: Turn, borders_s: Sequence[float], scores: Scores, may_cut: bool
) -> list[tuple[Turn, int]]:
    """The turn, or its parts, each with the number of its speaker."""
    best = scores.argmax(axis=1) if may_cut else np.zeros(len(scores), np.intp)
    changes = [0, *(int(place) + 1 for place in np.flatnonzero(np.diff(best))), len(best)]
    borders = [as_written(turn.start_s + borders_s[place]) for place in changes]
    borders[0], borders[-1] = turn.start_s, turn.end_s

    parts = []
    for (first, last), (start_s, end_s) in zip(pairwise(changes), pairwise(borders), strict=True):
        if start_s < end_s:
            speaker = int(scores[first:last].sum(axis=0).argmax())
            sure = _sureness(scores[first:last], speaker)
            part = replace(turn, start_s=start_s, end_s=end_s, speaker_confidence=sure)
            parts.append((part, speaker))
    return parts


def _sureness(scores: Scores, chosen: int) -> float | None:
    """How probable the speaker is against the next: 0.5 = as much; None if there is one."""
    if scores.shape[1] < 2:
        return None
    mean = scores.mean(axis=0)
    rival = np.delete(mean, chosen).max()
    return as_written(shares_of(np.array([[mean[chosen], rival]]))[0, 0])


def _named(found: Sequence[tuple[Turn, int]]) -> list[Turn]:
    """Speakers are named in the order in which they first speak."""
    order = list(dict.fromkeys(number for _, number in found if number >= 0))
    names = {number: NAMES[place] for place, number in enumerate(order)}
    return [replace(turn, speaker=names.get(number, "")) for turn, number in found]
