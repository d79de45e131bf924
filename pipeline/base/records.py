"""The rows that stages hand to each other. Frozen; they refuse nonsense; units in the names.

A corpus owns utterances (`Utterance`, `Annotation`, `Dropped`); a task owns labels and splits
(`Label`, `SplitRow`).
"""

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

Modality = Literal["audio", "text", "visual"]
Region = Literal["full", "left", "right"]
Role = Literal["train", "validation", "test"]

MODALITIES: tuple[Modality, ...] = get_args(Modality)
REGIONS: tuple[Region, ...] = get_args(Region)
ROLES: tuple[Role, ...] = get_args(Role)

# CMU-MOSEI ids begin with "-" or "_"; a leading dot or any slash would reach outside a folder.
IDENTIFIER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


class RecordError(ValueError):
    """A row states something that cannot be."""


def check_identifier(value: str, what: str) -> str:
    """Return `value` if it can name a file safely; `what` says which column, for the message."""
    if not IDENTIFIER.fullmatch(value) or ".." in value:
        raise RecordError(
            f"{what} {value!r} is not allowed: 1 to 128 letters, digits, '.', '_' or '-', "
            "not beginning with '.', without '..'"
        )
    return value


@dataclass(frozen=True, slots=True)
class Utterance:
    """One turn of a dialogue: where it lies in which file, who speaks, what is said.

    `media` is a POSIX path relative to the corpus root, "" where the corpus has no media;
    `end_s` is inf where the span reaches to the end of the file; `region` is the part of the
    picture that shows the speaker.
    """

    utterance_id: str
    dialogue_id: str
    turn: int
    speaker: str
    session: str
    media: str
    start_s: float
    end_s: float
    region: Region
    text: str

    def __post_init__(self) -> None:
        check_identifier(self.utterance_id, "utterance_id")
        check_identifier(self.dialogue_id, "dialogue_id")
        if not 0 <= self.start_s < self.end_s:
            raise RecordError(
                f"{self.utterance_id}: start_s={self.start_s} must lie in [0, end_s={self.end_s})"
            )
        if self.region not in REGIONS:
            raise RecordError(
                f"{self.utterance_id}: region={self.region!r} is not one of {REGIONS}"
            )
        if self.media.startswith(("/", "\\")) or ".." in self.media.replace("\\", "/").split("/"):
            raise RecordError(f"{self.utterance_id}: media={self.media!r} leaves the corpus root")


@dataclass(frozen=True, slots=True)
class FoundUtterance(Utterance):
    """An utterance that no table described, and how sure its parts are: 0 to 1, "" = not known.

    `found_by` is `voice`, or the name of the file beside the video that says it; `remark` why
    there is no speech, or why there are no words.
    """

    speech_confidence: str = ""
    speaker_confidence: str = ""
    text_confidence: str = ""
    found_by: str = ""
    remark: str = ""


FOUND = ("speech_confidence", "speaker_confidence", "text_confidence", "found_by", "remark")


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a corpus says of an utterance: `name` is e.g. emotion, sentiment or split."""

    utterance_id: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """An item of the raw corpus that gives no utterance, and why."""

    item: str
    reason: str


@dataclass(frozen=True, slots=True)
class FaceRow:
    """Faces of one utterance; `archive` is the digest that names its crops, "" = none.

    Seconds that its span asks for (inf: to an end that nobody knows), and that have pictures. The
    remark says why there are none, or what of the file was lost. `n_people` may be the speaker (0:
    nobody counted); `told_by` says how the face is known to be the speaker's: by the `side` of the
    picture, or by the `mouth` that moves with the sound; "" = it is a face, maybe another's.
    """

    utterance_id: str
    n_frames: int
    n_faces: int
    archive: str
    status: str
    asked_s: float = math.inf
    found_s: float = 0.0
    remark: str = ""
    n_people: int = 0
    told_by: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Target of one utterance in a task: a class name, or a number (as text) for regression."""

    utterance_id: str
    label: str


@dataclass(frozen=True, slots=True)
class SplitRow:
    """Role of a dialogue in one fold. Under `protocol: paper` a dialogue may hold two roles."""

    dialogue_id: str
    fold: int
    role: Role
