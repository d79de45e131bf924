"""From a video and its utterances to archives of face crops, in one decode pass.

While one thread decodes and one shrinks, `threads` others find faces, choose, cut and compress.
Frames go from one to the next `frames_at_once`: a GPU wants many. Those that wait take `MOST_BYTES`
at most, and four times `GROUP_BYTES` are on their way, or four pictures that are larger.
What is seen in a frame depends on that frame alone, so neither the number of threads nor the other
utterances can change a byte. (Where a stream is damaged and FFmpeg paints over the loss without
telling, the painted pixels may depend on what else is looked at.) Nothing that grows with the video
is kept; the crops of an utterance wait on disk once they are many.

Where `which_face` is `speaker` and an utterance shows several faces, its crops wait until the pass
is over; then its frames and its sound are decoded once more (pipeline.features.faces.second_look).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import cv2

from pipeline.base.records import Region
from pipeline.base.vocabulary import Compat, CropShape, WhichFace
from pipeline.base.workers import in_groups, side_by_side
from pipeline.features.faces.crops import JPEG_QUALITY, CropRecord
from pipeline.features.faces.second_look import Frames
from pipeline.features.faces.two_shots import RULE, TwoShots
from pipeline.features.faces.utterance_crops import (
    CropJob,
    Seen,
    UtteranceCrops,
    Writing,
)
from pipeline.media import gcnet_faces
from pipeline.media.arrays import Picture
from pipeline.media.cutting import cut_sound
from pipeline.media.damage import Damage
from pipeline.media.errors import MediaError, NoMediaError, ReadError
from pipeline.media.face_choice import largest
from pipeline.media.faces import (
    Detector,
    Face,
    crop_box,
    crop_square,
    in_pixels_of,
    shrink,
    view_of,
)
from pipeline.media.loudness import Sounds
from pipeline.media.video import Extent, Frame, sample_frames

MOST_BYTES = 2**27  # 21 pictures of 1920 x 1080
GROUP_BYTES = 2**25  # of frames that are worked on at once; one always is

_Outcome = tuple[CropJob, CropRecord | MediaError]


@dataclass(frozen=True)
class _Views:
    """A frame on its way to the detector: regions with their first column, and shrunken."""

    spans: tuple[int, ...]
    time_s: float
    lost: tuple[int, str]  # as of a Frame
    regions: dict[Region, tuple[Picture, int]]
    small: list[Picture]


@dataclass(frozen=True)
class _Look:
    """What a frame shows to the spans (by index) that look at it; the picture itself is gone."""

    spans: tuple[int, ...]
    time_s: float
    lost: tuple[int, str]
    seen: dict[Region, Seen]


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
    frames_at_once: int = 1
    shape: CropShape = "square"
    compat: Compat = "none"  # gcnet: pipeline.media.gcnet_faces
    frames: Frames = sample_frames
    sounds: Sounds = cut_sound

    def crop(
        self, path: Path, jobs: Sequence[CropJob], writing: Writing, damage: Damage
    ) -> Iterator[_Outcome]:
        """Write the archive of each job and yield its record, as soon as its span is over.

        Those that need a second look come last. Where the file gives no pictures, its archive says
        so; where the system is to blame, or the file is not there, a MediaError stands instead and
        nothing is written.
        """
        cv2.setNumThreads(1)  # of one frame; frames are looked at side by side
        with TwoShots() as two_shots:
            yield from self._first_look(path, jobs, writing, damage, two_shots)
            yield from two_shots.settle(path, self.frames, self.sounds, self.fps, writing)

    def _first_look(
        self,
        path: Path,
        jobs: Sequence[CropJob],
        writing: Writing,
        damage: Damage,
        two_shots: TwoShots,
    ) -> Iterator[_Outcome]:
        """As `crop`, for all but those with several faces of which one is the speaker's."""
        spans = [(job.start_s, job.end_s) for job in jobs]
        open_: dict[int, UtteranceCrops] = {}
        waiting = dict.fromkeys(range(len(jobs)))
        extent = Extent()
        frames = self.frames(path, spans, self.fps, damage, extent)

        def finish(index: int, error: MediaError | None = None) -> Iterator[_Outcome]:
            utterance = open_.pop(index, None) or UtteranceCrops(jobs[index])
            if extent.end_s is not None and spans[index][1] > extent.end_s:
                utterance.lose(damage.state)  # up to the end of the file, which it reaches beyond
            seconds = extent.seconds(spans[index], self.fps)
            people = utterance.people() if self._rule == RULE and error is None else []
            if len(people) > 1:
                two_shots.take(utterance, people, seconds)
            else:
                yield jobs[index], utterance.finish(self._rule, writing, seconds, error)

        try:
            for look in self._looks(frames, jobs):
                over = [index for index in open_ if jobs[index].end_s <= look.time_s]
                for index in over:
                    del waiting[index]
                    yield from finish(index)
                for index in look.spans:
                    utterance = open_.setdefault(index, UtteranceCrops(jobs[index]))
                    utterance.add(look.time_s, look.seen[jobs[index].region], look.lost)
        except (ReadError, NoMediaError) as error:
            yield from ((jobs[index], error) for index in waiting)
        except MediaError as error:
            yield from chain.from_iterable(finish(index, error) for index in waiting)
        else:
            yield from chain.from_iterable(map(finish, waiting))

    def _looks(self, frames: Iterator[Frame], jobs: Sequence[CropJob]) -> Iterator[_Look]:
        """What each frame shows, in order; reading, shrinking and looking overlap."""
        groups = in_groups(
            frames, self.frames_at_once, lambda frame: frame.image.nbytes, GROUP_BYTES
        )
        views = side_by_side(lambda group: [self._view(frame, jobs) for frame in group], groups, 1)
        looks = side_by_side(self._look, views, self.threads, _bytes_of, MOST_BYTES)
        return chain.from_iterable(looks)

    @property
    def _rule(self) -> WhichFace:
        """Of GCNet's faces the first is kept at once: there is none to follow through a span."""
        is_tracked = self._is_tracked and self.compat == "gcnet"
        return "single" if is_tracked else self.which_face

    @property
    def _is_tracked(self) -> bool:
        """Whether persons are followed, so that all faces of a frame are kept at first."""
        return self.which_face in ("track", RULE)

    def _view(self, frame: Frame, jobs: Sequence[CropJob]) -> _Views:
        """The regions of a frame that somebody asks for, and what the detector sees of them."""
        regions = list(dict.fromkeys(jobs[index].region for index in frame.spans))
        if self.compat == "gcnet":
            whole = dict.fromkeys(regions, (frame.image, 0))
            return _Views(frame.spans, frame.time_s, frame.lost, whole, [frame.image])

        views = [view_of(frame.image, region) for region in regions]
        small = [shrink(view, self.detect_width_px) for view, _ in views]
        by_region = dict(zip(regions, views, strict=True))
        return _Views(frame.spans, frame.time_s, frame.lost, by_region, small)

    def _look(self, group: list[_Views]) -> list[_Look]:
        """Find, choose and cut the faces of some frames, in each of their regions."""
        found = iter(self.detector.detect([small for views in group for small in views.small]))
        looks = []
        for views in group:
            seen = self._seen(views, list(islice(found, len(views.small))))
            looks.append(_Look(views.spans, views.time_s, views.lost, seen))
        return looks

    def _seen(self, views: _Views, found: list[list[Face]]) -> dict[Region, Seen]:
        """What each region shows; `found` are the faces of each of `views.small`."""
        if self.compat == "gcnet":
            (candidates,), (picture,) = found, views.small
            return {
                region: _bare(picture, gcnet_faces.faces_of(candidates, picture, region))
                for region in views.regions
            }
        return {
            region: self._cut(view, first_px, in_pixels_of(view, small, faces))
            for (region, (view, first_px)), small, faces in zip(
                views.regions.items(), views.small, found, strict=True
            )
        }

    def _cut(self, view: Picture, first_px: int, faces: list[Face]) -> Seen:
        best = largest(faces)
        kept = faces if self._is_tracked or best is None else [faces[best]]
        cut = crop_square if self.shape == "square" else crop_box
        jpegs = [_jpeg(cut(view, face.box, self.margin, self.size_px)) for face in kept]
        return Seen(len(faces), [_shifted(face, first_px) for face in kept], jpegs)


def _bytes_of(group: list[_Views]) -> int:
    return sum(view.nbytes for views in group for view, _ in views.regions.values())


def _bare(picture: Picture, faces: list[Face]) -> Seen:
    """GCNet's crop: the first face, in its own pixels."""
    kept = faces[:1]
    jpegs = [_jpeg(gcnet_faces.crop(picture, face)) for face in kept]
    return Seen(len(faces), kept, jpegs)


def _shifted(face: Face, first_px: int) -> Face:
    """The same face in the pixels of the whole picture."""
    left, top, right, bottom = face.box
    return Face((left + first_px, top, right + first_px, bottom), face.confidence)


def _jpeg(crop: Picture) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    is_written, encoded = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), options)
    assert is_written
    return encoded.tobytes()
