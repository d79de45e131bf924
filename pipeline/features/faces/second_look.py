"""A second look at utterances with several faces: whose mouth moves with the sound.

The first pass looks for faces a few times a second; mouths need more. Frames are decoded once more,
here alone, and between the frames in which it was found a face is where it moves to in a straight
line. No detector runs. Four numbers a frame and face are kept, and a hundred a second of sound.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.media.damage import Damage
from pipeline.media.face_choice import Track
from pipeline.media.faces import Box, Face
from pipeline.media.grid import Span
from pipeline.media.loudness import Sounds, loudness_of
from pipeline.media.mouths import Mouth, MouthWatch, box_at, steadied
from pipeline.media.video import Extent, Frame
from pipeline.media.who_speaks import speaking

LOOKS_PER_S = 25.0
LONGEST_GAP = 2.5  # looks of the first pass, between which a face may have been anywhere

# path, spans, fps, what to count damage in, what to fill in: as `sample_frames`
Frames = Callable[[Path, Sequence[Span], float, Damage, Extent], Iterator[Frame]]


@dataclass(frozen=True)
class Person:
    """One face through an utterance, as the first pass found it. n >= 2 times, seconds."""

    track: Track
    times_s: NDArray[np.float64]  # (n,)
    boxes: NDArray[np.float64]  # (n, 4), steadied

    def box_at(self, time_s: float, longest_gap_s: float) -> Box | None:
        """None outside of its times, and where it was not seen for too long."""
        after = int(np.searchsorted(self.times_s, time_s))
        if after == len(self.times_s) or (after == 0 and self.times_s[0] != time_s):
            return None
        if after and self.times_s[after] - self.times_s[after - 1] > longest_gap_s:
            return None
        return box_at(time_s, self.times_s, self.boxes)


def person_of(track: Track, times_s: Sequence[float], faces: Sequence[Sequence[Face]]) -> Person:
    """A track with its times and boxes; both of all frames of the utterance are given."""
    boxes = [faces[number][index].box for number, index in track.indices.items()]
    times = [times_s[number] for number in track.indices]
    return Person(track, np.array(times), steadied(np.array(boxes, dtype=np.float64)))


def seen_speaking(
    path: Path,
    utterances: Sequence[tuple[Span, Sequence[Person]]],
    frames: Frames,
    sounds: Sounds,
    fps: float,
) -> list[list[tuple[int, Mouth]]]:
    """For each utterance the persons, by index, whose mouths speak, and when; maybe none.

    Raises the MediaError of a file that gives no pictures any more. `fps` is of the first pass.
    """
    spans = [span for span, _ in utterances]
    watches = [[MouthWatch() for _ in persons] for _, persons in utterances]
    for frame in frames(path, spans, LOOKS_PER_S, Damage(), Extent()):
        for index in frame.spans:
            for person, watch in zip(utterances[index][1], watches[index], strict=True):
                box = person.box_at(frame.time_s, LONGEST_GAP / fps)
                if box is not None:
                    watch.look(frame.image, box, frame.time_s)

    told = []
    for own, loudness in zip(watches, loudness_of(sounds, path, spans), strict=True):
        mouths = [(number, mouth) for number, watch in enumerate(own) for mouth in watch.mouths]
        told.append([mouths[index] for index in speaking([m for _, m in mouths], loudness)])
    return told
