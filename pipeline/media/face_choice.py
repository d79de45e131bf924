"""Whose face: the largest of a frame, or the largest-and-steadiest track of an utterance.

The rules of `crop_faces.which_face`: `side` and `single` take the largest face of each frame that
the detector is sure of, the first inside the speaker's half of the picture; `track` links faces
from frame to frame and takes one person, where several are to be seen (MELD).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.media.faces import Face

# How much less sure than of the surest face the detector may be: MTCNN gives faces 0.99 and more,
# while hands and letters, which may be larger, reach 0.98.
MAX_DOUBT = 0.01
MIN_OVERLAP = 0.3  # intersection over union of one face in two frames that were looked at
MAX_MISSED_FRAMES = 5  # a track that is not seen for longer has ended: 1 s at 5 frames per second


def largest(faces: Sequence[Face]) -> int | None:
    """Index of the largest face that is sure; the surer one of two alike, None where none is."""
    surest = max((face.confidence for face in faces), default=0.0)
    sure = [i for i, face in enumerate(faces) if face.confidence >= surest - MAX_DOUBT]
    return max(sure, key=lambda i: (faces[i].area, faces[i].confidence, -i), default=None)


def steadiest_track(frames: Sequence[Sequence[Face]]) -> list[int | None]:
    """For each frame the index of the chosen person's face, None where it is not seen.

    Chosen is the track with the greatest summed area times number of frames; of two alike, the
    earlier one.
    """
    tracks: list[_Track] = []
    alive: list[_Track] = []
    for number, faces in enumerate(frames):
        alive = [track for track in alive if number - track.last_frame <= MAX_MISSED_FRAMES + 1]
        linked = _link(alive, faces)
        for index, face in enumerate(faces):
            if index not in linked:
                linked[index] = _Track()
                tracks.append(linked[index])
                alive.append(linked[index])
            linked[index].add(number, index, face)

    if not tracks:
        return [None] * len(frames)
    chosen = max(tracks, key=lambda track: track.total_area * len(track.indices))
    return [chosen.indices.get(number) for number in range(len(frames))]


@dataclass
class _Track:
    """One person through an utterance: frame number -> index of the face in it."""

    indices: dict[int, int] = field(default_factory=dict)
    total_area: float = 0.0
    last_frame: int = -1
    last_face: Face | None = None

    def add(self, number: int, index: int, face: Face) -> None:
        self.indices[number] = index
        self.total_area += face.area
        self.last_frame, self.last_face = number, face


def _link(tracks: Sequence[_Track], faces: Sequence[Face]) -> dict[int, _Track]:
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

    linked: dict[int, _Track] = {}
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
