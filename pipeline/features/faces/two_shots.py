"""Utterances with several faces: their crops wait until a second look says whose are kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Self

from pipeline.base.vocabulary import WhichFace
from pipeline.features.faces.crops import CropRecord
from pipeline.features.faces.second_look import Frames, Person, person_of, seen_speaking
from pipeline.features.faces.utterance_crops import (
    SPOOL_BYTES,
    CropJob,
    SecondLook,
    UtteranceCrops,
    Writing,
)
from pipeline.media.errors import MediaError, NoMediaError, ReadError
from pipeline.media.face_choice import Track
from pipeline.media.loudness import Sounds
from pipeline.media.mouths import Mouth

RULE: WhichFace = "speaker"


@dataclass(frozen=True)
class _Waiting:
    """An utterance whose speaker is not told yet."""

    utterance: UtteranceCrops
    people: list[Person]
    seconds: tuple[float | None, float]


@dataclass
class TwoShots:
    """The utterances of one file that wait; their crops share a file, gone with `with`."""

    waiting: list[_Waiting] = field(default_factory=list)
    crops: SpooledTemporaryFile[bytes] = field(
        default_factory=lambda: SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  `__exit__` closes
    )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.crops.close()

    def take(
        self,
        utterance: UtteranceCrops,
        people: Sequence[Track],
        seconds: tuple[float | None, float],
    ) -> None:
        """Let an utterance wait; `seconds` are those that its record will state."""
        utterance.shelve(self.crops)
        found = [person_of(track, utterance.times_s, utterance.faces) for track in people]
        self.waiting.append(_Waiting(utterance, found, seconds))

    def settle(
        self, path: Path, frames: Frames, sounds: Sounds, fps: float, writing: Writing
    ) -> Iterator[tuple[CropJob, CropRecord | MediaError]]:
        """Look again at all that wait, and write their archives; `fps` is of the first look."""
        if not self.waiting:
            return
        spans = [(wait.utterance.job.start_s, wait.utterance.job.end_s) for wait in self.waiting]
        asked = list(zip(spans, [wait.people for wait in self.waiting], strict=True))
        try:
            told = seen_speaking(path, asked, frames, sounds, fps)
        except (ReadError, NoMediaError) as error:
            yield from ((wait.utterance.job, error) for wait in self.waiting)
            return
        except MediaError:
            told = [[] for _ in self.waiting]  # nothing more can be seen: nobody can tell

        for wait, speaking in zip(self.waiting, told, strict=True):
            chosen = SecondLook(_kept(wait, speaking), len(wait.people))
            record = wait.utterance.finish(RULE, writing, wait.seconds, None, chosen)
            yield wait.utterance.job, record


def _kept(wait: _Waiting, speaking: Sequence[tuple[int, Mouth]]) -> list[tuple[int, int]]:
    """Frame and index of the faces that were found while their mouths spoke; one a frame."""
    kept: dict[int, int] = {}
    for number, mouth in speaking:
        for frame, index in wait.people[number].track.indices.items():
            if mouth.covers(wait.utterance.times_s[frame]):
                kept[frame] = index
    return sorted(kept.items())
