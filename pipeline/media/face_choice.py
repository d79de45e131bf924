"""Whose face: the largest of a frame, or the largest-and-steadiest track of an utterance.

The rules of `crop_faces.which_face`: `side` and `single` take the largest face of each frame that
the detector is sure of, the first inside the speaker's half of the picture; `track` links faces
from frame to frame and takes one person; `speaker` does so where one is to be seen, and asks
`pipeline.media.who_speaks` where there are several.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.media.faces import Face

# How much less sure than of the surest face the detector may be: MTCNN gives faces 0.99 and more,
# while hands and letters, which may be larger, reach 0.98.
MAX_DOUBT = 0.01
MIN_OVERLAP = 0.3  # intersection over union of one face in two frames that were looked at
MAX_MISSED_FRAMES = 5  # a track that is not seen for longer has ended: 1 s at 5 frames per second
MIN_SEEN_FRAMES = 2  # of a person: hands and letters are taken for a face once
MIN_AREA = 1 / 9  # of the nearest person's face: a third of its side


def largest(faces: Sequence[Face]) -> int | None:
    """Index of the largest face that is sure; the surer one of two alike, None where none is."""
    surest = max((face.confidence for face in faces), default=0.0)
    sure = [i for i, face in enumerate(faces) if face.confidence >= surest - MAX_DOUBT]
    return max(sure, key=lambda i: (faces[i].area, faces[i].confidence, -i), default=None)


@dataclass
class Track:
    """One person through an utterance: frame number -> index of the face in it."""

    indices: dict[int, int] = field(default_factory=dict)
    total_area: float = 0.0
    last_frame: int = -1
    last_face: Face | None = None

    def add(self, number: int, index: int, face: Face) -> None:
        """The person is face `index` of frame `number`."""
        self.indices[number] = index
        self.total_area += face.area
        self.last_frame, self.last_face = number, face

    @property
    def mean_area(self) -> float:
        """Square pixels of the face, where it is seen."""
        return self.total_area / len(self.indices)


def tracks_of(frames: Sequence[Sequence[Face]]) -> list[Track]:
    """Link the faces of successive frames to persons, in the order of their first face."""
    tracks: list[Track] = []
    alive: list[Track] = []
    for number, faces in enumerate(frames):
        alive = [track for track in alive if number - track.last_frame <= MAX_MISSED_FRAMES + 1]
        linked = _link(alive, faces)
        for index, face in enumerate(faces):
            if index not in linked:
                linked[index] = Track()
                tracks.append(linked[index])
                alive.append(linked[index])
            linked[index].add(number, index, face)
    return tracks


def steadiest(tracks: Sequence[Track]) -> Track | None:
    """The track with the greatest summed area times number of frames; of two alike, the earlier."""
    return max(tracks, key=lambda track: track.total_area * len(track.indices), default=None)


def possible_speakers(tracks: Sequence[Track]) -> list[Track]:
    """Those that are seen for long enough, and not far behind the nearest: no flicker, no crowd."""
    lasting = [track for track in tracks if len(track.indices) >= MIN_SEEN_FRAMES]
    seen = lasting or tracks  # of a span of one or two frames, all
    nearest = max((track.mean_area for track in seen), default=0.0)
    return [track for track in seen if track.mean_area >= MIN_AREA * nearest]


def _link(tracks: Sequence[Track], faces: Sequence[Face]) -> dict[int, Track]:
    """Face index -> the track that it continues: the best overlap first, each used once."""
    pairs = sorted(
        (
            (intersection_over_union(track.last_face, face), -t, -f)
            for t, track in enumerate(tracks)
            for f, face in enumerate(faces)
            if track.last_face is not None
        ),
        reverse=True,
    )

    linked: dict[int, Track] = {}
    used: set[int] = set()
    for score, t, f in pairs:
        if score >= MIN_OVERLAP and -t not in used and -f not in linked:
            used.add(-t)
            linked[-f] = tracks[-t]
    return linked


def intersection_over_union(face: Face, other: Face) -> float:
    """Intersection over union of two boxes."""
    left, top = max(face.box[0], other.box[0]), max(face.box[1], other.box[1])
    right, bottom = min(face.box[2], other.box[2]), min(face.box[3], other.box[3])
    shared = max(right - left, 0) * max(bottom - top, 0)
    union = face.area + other.area - shared
    return shared / union if union else 0.0
