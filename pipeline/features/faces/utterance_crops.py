"""The faces of one utterance, gathered while its frames arrive, then chosen and written."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile

from pipeline.base.records import Region
from pipeline.base.vocabulary import WhichFace
from pipeline.base.wording import counted
from pipeline.features.faces.crops import CropRecord, CropStatus, write_crops
from pipeline.media.errors import MediaError, NoStreamError
from pipeline.media.face_choice import Track, possible_speakers, steadiest, tracks_of
from pipeline.media.faces import Face

Kept = list[tuple[int, int]]  # frame and index of each face that is kept, in order of time
Writing = Callable[[str], AbstractContextManager[Path]]  # key -> where its archive belongs

UNCLEAR = "none of them moves the mouth with the sound, the others still or clearly less"
SPOOL_BYTES = 2_000_000  # crops of an utterance that wait in memory; more wait on disk


@dataclass(frozen=True)
class CropJob:
    """The crops of one span; `key` names their archive."""

    key: str
    start_s: float
    end_s: float
    region: Region


@dataclass(frozen=True)
class Seen:
    """What one region of one frame shows; the kept faces as JPEGs."""

    n_candidates: int
    faces: list[Face]
    jpegs: list[bytes]


@dataclass(frozen=True)
class SecondLook:
    """What a second look says of an utterance with several faces; none kept = it cannot tell."""

    kept: Kept
    n_people: int


@dataclass
class UtteranceCrops:
    """The faces of one utterance while its frames arrive."""

    job: CropJob
    n_candidates: int = 0
    times_s: list[float] = field(default_factory=list)
    faces: list[list[Face]] = field(default_factory=list)
    places: list[list[tuple[int, int]]] = field(default_factory=list)  # in the spool
    spool: SpooledTemporaryFile[bytes] = field(
        default_factory=lambda: SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  `finish` closes
    )

    is_shelved: bool = False  # the spool is another's, who closes it
    lost_before: int | None = None  # packets and frames of the file, at the first picture
    lost: tuple[int, str] = (0, "")  # at the last one; why the last of them

    def add(self, time_s: float, seen: Seen, lost: tuple[int, str]) -> None:
        """Take what a frame shows, and how much of the file was lost up to it."""
        self.lose(lost)
        self.times_s.append(time_s)
        self.n_candidates += seen.n_candidates
        self.faces.append(seen.faces)
        self.places.append([(self.spool.tell(), self.spool.write(jpeg)) for jpeg in seen.jpegs])

    def lose(self, lost: tuple[int, str]) -> None:
        """Take note of how much of the file is lost by now."""
        if self.lost_before is None:
            self.lost_before = lost[0]
        self.lost = lost

    @property
    def _damage(self) -> str:
        """What was lost between the first and the last picture, "" if nothing."""
        n_errors = self.lost[0] - (self.lost_before or 0)
        return (
            f"the file is damaged: {counted(n_errors, 'time')}, last: {self.lost[1]}"
            if n_errors
            else ""
        )

    def people(self) -> list[Track]:
        """Whose faces were followed, of those who may be the speaker."""
        return possible_speakers(tracks_of(self.faces))

    def shelve(self, shelf: SpooledTemporaryFile[bytes]) -> None:
        """Let the crops wait at the end of a file that many utterances share."""
        start = shelf.seek(0, SEEK_END)
        self.places = [[(start + place, size) for place, size in own] for own in self.places]
        with self.spool:
            self.spool.seek(0)
            copyfileobj(self.spool, shelf)
        self.spool, self.is_shelved = shelf, True

    def finish(
        self,
        which_face: WhichFace,
        writing: Writing,
        seconds: tuple[float | None, float],
        error: MediaError | None,
        told: SecondLook | None = None,
    ) -> CropRecord:
        """Choose and write the archive; after an error of the file, one that says so.

        `told`: whose faces were chosen by a second look.
        """
        if error is not None:
            self.times_s, self.faces, self.n_candidates, seconds = [], [], 0, (seconds[0], 0.0)
        n_people = 0
        if told is None:
            kept, n_people = self._chosen(which_face)
        else:
            kept, n_people = told.kept, told.n_people
        faces = [self.faces[frame][index] for frame, index in kept]

        record = CropRecord(
            key=self.job.key,
            status=self._status(bool(kept), told, error),
            which_face=which_face,
            region=self.job.region,
            n_frames=len(self.times_s),
            n_faces=len(kept),
            n_candidates=self.n_candidates,
            times_s=tuple(self.times_s[frame] for frame, _ in kept),
            boxes=tuple(face.box for face in faces),
            confidences=tuple(round(face.confidence, 4) for face in faces),
            asked_s=seconds[0],
            found_s=seconds[1],
            detail=self._detail(bool(kept), told) if error is None else error.detail,
            n_people=n_people,
            told_by=self._told_by(which_face, told) if kept else "",
        )

        closing = nullcontext() if self.is_shelved else self.spool
        with closing, writing(self.job.key) as path:
            write_crops(path, record, (self._read(self.places[f][i]) for f, i in kept))
        return record

    def _status(
        self, is_kept: bool, told: SecondLook | None, error: MediaError | None
    ) -> CropStatus:
        if error is not None:
            return "no_stream" if isinstance(error, NoStreamError) else "unreadable"
        if is_kept:
            return "ok"
        if told is not None:
            return "ambiguous_face"
        return "no_face" if self.times_s else "empty_span"

    def _detail(self, is_kept: bool, told: SecondLook | None) -> str:
        unclear = "" if told is None or is_kept else f"{told.n_people} faces; {UNCLEAR}"
        return "; ".join(filter(None, [unclear, self._damage]))

    def _told_by(self, which_face: WhichFace, told: SecondLook | None) -> str:
        if told is not None:
            return "mouth"
        return "side" if which_face == "side" and self.job.region != "full" else ""

    def _chosen(self, which_face: WhichFace) -> tuple[Kept, int]:
        """What is kept, and how many people there are to choose from, where that is asked."""
        if which_face not in ("track", "speaker"):
            return [(frame, 0) for frame, faces in enumerate(self.faces) if faces], 0
        tracks = tracks_of(self.faces)
        chosen = steadiest(tracks)
        kept = [] if chosen is None else sorted(chosen.indices.items())
        return kept, len(possible_speakers(tracks))

    def _read(self, place: tuple[int, int]) -> bytes:
        start, length = place
        self.spool.seek(start)
        return self.spool.read(length)
