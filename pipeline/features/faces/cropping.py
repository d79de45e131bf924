"""From a video and its utterances to archives of face crops, in one decode pass.

While one thread decodes and one shrinks, `threads` others find faces, choose, cut and compress.
What is seen in a frame depends on that frame alone, so neither the number of threads nor the other
utterances can change a byte. (Where a stream is damaged and FFmpeg paints over the loss without
telling, the painted pixels may depend on what else is looked at.) Nothing that grows with the video
is kept; the crops of an utterance wait on disk once they are many.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Literal

import cv2

from pipeline.base.records import Region
from pipeline.base.workers import overlap
from pipeline.features.faces.crops import JPEG_QUALITY, CropRecord, CropStatus, write_crops
from pipeline.media import gcnet_faces
from pipeline.media.container import Damage
from pipeline.media.errors import MediaError, NoMediaError, NoStreamError, ReadError
from pipeline.media.face_choice import largest, steadiest_track
from pipeline.media.faces import (
    Detector,
    Face,
    Picture,
    crop_box,
    crop_square,
    find_faces,
    shrink,
    view_of,
)
from pipeline.media.grid import Span
from pipeline.media.video import Extent, Frame, sample_frames

WhichFace = Literal["side", "single", "track"]
Writing = Callable[[str], AbstractContextManager[Path]]  # key -> where its archive belongs
# path, spans, fps, what to count damage in, what to fill in: as `sample_frames`
Frames = Callable[[Path, Sequence[Span], float, Damage, Extent], Iterator[Frame]]

SPOOL_BYTES = 2_000_000  # crops of an utterance that wait in memory; more wait on disk


@dataclass(frozen=True)
class CropJob:
    """The crops of one span; `key` names their archive."""

    key: str
    start_s: float
    end_s: float
    region: Region


@dataclass(frozen=True)
class _Seen:
    """What one region of one frame shows; the kept faces as JPEGs."""

    n_candidates: int
    faces: list[Face]
    jpegs: list[bytes]


@dataclass(frozen=True)
class _Views:
    """A frame on its way to the detector: regions with their first column, and shrunken."""

    spans: tuple[int, ...]
    time_s: float
    regions: dict[Region, tuple[Picture, int]]
    small: list[Picture]


@dataclass(frozen=True)
class _Look:
    """What a frame shows to the spans (by index) that look at it; the picture itself is gone."""

    spans: tuple[int, ...]
    time_s: float
    seen: dict[Region, _Seen]


@dataclass(frozen=True)
class FaceCropper:
    """How faces are found and cut out (the section `crop_faces` of the configuration)."""

    detector: Detector
    which_face: WhichFace
    fps: float
    detect_width_px: int
    margin: float
    size_px: int
    threads: int = 1
    shape: Literal["square", "box"] = "square"
    compat: Literal["none", "gcnet"] = "none"  # gcnet: pipeline.media.gcnet_faces
    frames: Frames = sample_frames

    def crop(
        self, path: Path, jobs: Sequence[CropJob], writing: Writing, damage: Damage
    ) -> Iterator[tuple[CropJob, CropRecord | MediaError]]:
        """Write the archive of each job and yield its record, as soon as its span is over.

        Where the file gives no pictures, its archive says so; where the system is to blame, or the
        file is not there, a MediaError stands instead and nothing is written.
        """
        cv2.setNumThreads(1)  # of one frame; frames are looked at side by side
        spans = [(job.start_s, job.end_s) for job in jobs]
        open_: dict[int, _Utterance] = {}
        waiting = dict.fromkeys(range(len(jobs)))
        extent = Extent()
        frames = self.frames(path, spans, self.fps, damage, extent)

        def finish(index: int, error: MediaError | None = None) -> tuple[CropJob, CropRecord]:
            utterance = open_.pop(index, None) or _Utterance(jobs[index])
            seconds = extent.seconds(spans[index], self.fps)
            return jobs[index], utterance.finish(self._rule, writing, seconds, error)

        try:
            views = overlap(lambda frame: self._view(frame, jobs), frames, 1)
            for look in overlap(self._look, views, self.threads):
                for index in [one for one in open_ if jobs[one].end_s <= look.time_s]:
                    del waiting[index]
                    yield finish(index)
                for index in look.spans:
                    utterance = open_.setdefault(index, _Utterance(jobs[index]))
                    utterance.add(look.time_s, look.seen[jobs[index].region])
        except (ReadError, NoMediaError) as error:
            yield from ((jobs[index], error) for index in waiting)
        except MediaError as error:
            yield from (finish(index, error) for index in waiting)
        else:
            yield from (finish(index) for index in waiting)

    @property
    def _rule(self) -> WhichFace:
        """Of GCNet's faces the first is kept at once: there is none to follow through a span."""
        is_tracked = self.which_face == "track" and self.compat == "gcnet"
        return "single" if is_tracked else self.which_face

    def _view(self, frame: Frame, jobs: Sequence[CropJob]) -> _Views:
        """The regions of a frame that somebody asks for, and what the detector sees of them."""
        regions = list(dict.fromkeys(jobs[index].region for index in frame.spans))
        if self.compat == "gcnet":
            whole = dict.fromkeys(regions, (frame.image, 0))
            return _Views(frame.spans, frame.time_s, whole, [frame.image])
        views = [view_of(frame.image, region) for region in regions]
        small = [shrink(view, self.detect_width_px) for view, _ in views]
        return _Views(frame.spans, frame.time_s, dict(zip(regions, views, strict=True)), small)

    def _look(self, views: _Views) -> _Look:
        """Find, choose and cut the faces of one frame, in each of its regions."""
        if self.compat == "gcnet":
            (candidates,) = self.detector.detect(views.small)
            (picture,) = views.small
            shown = {
                region: _bare(picture, gcnet_faces.faces_of(candidates, picture, region))
                for region in views.regions
            }
            return _Look(views.spans, views.time_s, shown)
        full = [view for view, _ in views.regions.values()]
        found = find_faces(self.detector, full, views.small)
        seen = {
            region: self._cut(view, first_px, faces)
            for (region, (view, first_px)), faces in zip(views.regions.items(), found, strict=True)
        }
        return _Look(views.spans, views.time_s, seen)

    def _cut(self, view: Picture, first_px: int, faces: list[Face]) -> _Seen:
        best = largest(faces)
        kept = faces if self.which_face == "track" or best is None else [faces[best]]
        cut = crop_square if self.shape == "square" else crop_box
        jpegs = [_jpeg(cut(view, face.box, self.margin, self.size_px)) for face in kept]
        return _Seen(len(faces), [_shifted(face, first_px) for face in kept], jpegs)


@dataclass
class _Utterance:
    """The faces of one utterance while its frames arrive."""

    job: CropJob
    n_candidates: int = 0
    times_s: list[float] = field(default_factory=list)
    faces: list[list[Face]] = field(default_factory=list)
    places: list[list[tuple[int, int]]] = field(default_factory=list)  # in the spool
    spool: SpooledTemporaryFile[bytes] = field(
        default_factory=lambda: SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  `finish` closes
    )

    def add(self, time_s: float, seen: _Seen) -> None:
        self.times_s.append(time_s)
        self.n_candidates += seen.n_candidates
        self.faces.append(seen.faces)
        self.places.append([(self.spool.tell(), self.spool.write(jpeg)) for jpeg in seen.jpegs])

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
        if which_face == "track":
            chosen = steadiest_track(self.faces)
        else:
            chosen = [0 if faces else None for faces in self.faces]
        kept = [(frame, index) for frame, index in enumerate(chosen) if index is not None]
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
            detail="" if error is None else error.detail,
        )
        with self.spool, writing(self.job.key) as path:
            write_crops(path, record, (self._read(self.places[f][i]) for f, i in kept))
        return record

    def _read(self, place: tuple[int, int]) -> bytes:
        start, length = place
        self.spool.seek(start)
        return self.spool.read(length)


def _bare(picture: Picture, faces: list[Face]) -> _Seen:
    """GCNet's crop: the first face, in its own pixels."""
    kept = faces[:1]
    jpegs = [_jpeg(gcnet_faces.crop(picture, face)) for face in kept]
    return _Seen(len(faces), kept, jpegs)


def _shifted(face: Face, first_px: int) -> Face:
    """The same face in the pixels of the whole picture."""
    left, top, right, bottom = face.box
    return Face((left + first_px, top, right + first_px, bottom), face.confidence)


def _jpeg(crop: Picture) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    is_written, encoded = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), options)
    assert is_written
    return encoded.tobytes()
