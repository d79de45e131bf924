"""Faces as GCNet cuts them (its detect.py): YuNet on the whole picture, the first face, no margin.

A box counts where it lies wholly inside the picture, in whole pixels; of a split screen, it is left
where its right edge lies in the left half, and right otherwise. The crop is the bare rectangle in
its own pixels; what stretches it to 224 x 224 is MA-Net's own transform.
"""

from collections.abc import Sequence

from pipeline.base.records import Region
from pipeline.media.arrays import Picture
from pipeline.media.faces import Face

EVERY_FRAME_FPS = 1000.0  # times to look at; frames last longer, and each is seen once
SMALLEST_FACE_PX = 0


def faces_of(found: Sequence[Face], picture: Picture, region: Region) -> list[Face]:
    """The faces that count for a region, in the detector's order, with boxes of whole pixels."""
    height, width = picture.shape[:2]
    faces = []
    for face in found:
        left, top = int(face.box[0]), int(face.box[1])
        right = left + int(face.box[2] - face.box[0])
        bottom = top + int(face.box[3] - face.box[1])
        is_inside = min(left, top, right - left, bottom - top) >= 0
        if not is_inside or right >= width or bottom >= height or right == left or bottom == top:
            continue
        side = "left" if right < width / 2 else "right"
        if region in ("full", side):
            faces.append(Face((left, top, right, bottom), face.confidence))
    return faces


def crop(picture: Picture, face: Face) -> Picture:
    """The rectangle of a face of `faces_of`."""
    left, top, right, bottom = map(int, face.box)
    return picture[top:bottom, left:right]
