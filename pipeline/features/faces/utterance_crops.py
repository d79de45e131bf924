"""The faces of one utterance, gathered while its frames arrive, then chosen and written."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile

from pipeline.base.records import Region
from pipeline.base.vocabulary import WhichFace
from pipeline.base.wording import counted
from pipeline.features.faces.crops import CropRecord, CropStatus, write_crops
from pipeline.media.errors import MediaError, NoStreamError
from pipeline.media.face_choice import steadiest_track
from pipeline.media.faces import Face

Writing = Callable[[str], AbstractContextManager[Path]]  # key -> where its archive belongs

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

    def finish(
        self,
        which_face: WhichFace,
        writing: Writing,
        seconds: tuple[float | None, float],
        error: MediaError | None,
    ) -> CropRecord:
        """Choose and write the archive; after an error of the file, one that says so."""
        if error is not None:
            self.times_s, self.faces, self.n_candidates, seconds = [], [], 0, (seconds[0], 0.0)
        kept = self._chosen(which_face)
        faces = [self.faces[frame][index] for frame, index in kept]

        status: CropStatus = "ok" if kept else "no_face" if self.times_s else "empty_span"
        if error is not None:
            status = "no_stream" if isinstance(error, NoStreamError) else "unreadable"
        record = CropRecord(
            key=self.job.key,
            status=status,
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
            detail=self._damage if error is None else error.detail,
        )

        with self.spool, writing(self.job.key) as path:
            write_crops(path, record, (self._read(self.places[f][i]) for f, i in kept))
        return record

    def _chosen(self, which_face: WhichFace) -> list[tuple[int, int]]:
        """Frame and index of every face that is kept, in order of time."""
        if which_face == "track":
            chosen = steadiest_track(self.faces)
        else:
            chosen = [0 if faces else None for faces in self.faces]
        return [(frame, index) for frame, index in enumerate(chosen) if index is not None]

    def _read(self, place: tuple[int, int]) -> bytes:
        start, length = place
        self.spool.seek(start)
        return self.spool.read(length)
