"""The cascade of MTCNN for many pictures at once, on the device alone: what a GPU is used for.

The same steps with the same numbers as `pipeline.media.cascade`, whose faces these are to the
rounding of the networks: two candidates may change places, and one may pass or fail, where scores
or overlaps lie that near to each other or to their threshold.

Every batch has the same number of rows, decided by the size of its pictures alone, and so have the
batches of patches; unused rows are black. A picture meets the same kernels whatever comes beside
it, so its faces depend on no other. Candidates of all pictures and levels are gathered at once: the
host waits for the device a dozen times a batch, however many there are. What has a fixed shape (the
pyramid with its network, and each batch of patches) is one call of a recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.media.arrays import Picture
from pipeline.media.cascade import (
    CELL_PX,
    INPUT_PX,
    OUTPUT,
    OVERLAP,
    OVERLAP_IN_LEVEL,
    PROPOSE,
    REFINE,
    STRIDE_PX,
    THRESHOLDS,
    Boxes,
    Scores,
    scales_of,
    suppress_inner,
)
from pipeline.media.device_resizing import patches_of, shrunk, sums_of
from pipeline.media.replaying import Replayed, Replays
from pipeline.media.suppression import suppress

MOST_ROWS = 32  # pictures at once
MOST_PIXELS = 2**25  # of all pictures at once, 3 GB on the device; one picture always goes
PATCHES = {REFINE: 512, OUTPUT: 128}  # at once
KNOWN_SIZES = 4  # of pictures, for which all is kept in place


def rows_of(height: int, width: int) -> int:
    """How many pictures of a size go through the networks at once."""
    return max(1, min(MOST_ROWS, MOST_PIXELS // (height * width)))


@dataclass(frozen=True)
class _Candidates:
    """Boxes (K, 4), their scores and the pictures that own them, picture by picture."""

    boxes: Tensor
    scores: Tensor
    owners: Tensor


class BatchedCascade:
    """Callable: pictures of one size -> for each its faces (N, 4) and confidences (N,)."""

    def __init__(
        self, propose: nn.Module, refine: nn.Module, output: nn.Module, device: torch.device
    ) -> None:
        self._networks = [network.eval().to(device) for network in (propose, refine, output)]
        self._replays = Replays(device)
        self._sizes: dict[tuple[int, int, int], _OfSize] = {}

    @torch.inference_mode()
    def __call__(self, pictures: Sequence[Picture], min_face_px: int) -> list[tuple[Boxes, Scores]]:
        """Faces of at least about `min_face_px`, of each picture in the order of confidence.

        At most `rows_of` pictures. What is recorded lies in memory that is used again: one call at
        a time.
        """
        height, width = pictures[0].shape[:2]
        if not scales_of(height, width, min_face_px):
            return [(np.empty((0, 4), np.float32), np.empty(0, np.float32)) for _ in pictures]

        given = np.zeros((rows_of(height, width), height, width, 3), np.uint8)
        np.stack(pictures, out=given[: len(pictures)])
        work = self._of_size(height, width, min_face_px)
        found = work.propose(torch.from_numpy(given), len(pictures))
        found = work.output(work.refine(found))
        owners = found.owners.cpu().numpy()
        boxes, scores = found.boxes.cpu().numpy(), found.scores.cpu().numpy()
        return [_finished(boxes[owners == k], scores[owners == k]) for k in range(len(pictures))]

    def _of_size(self, height: int, width: int, min_face_px: int) -> "_OfSize":
        key = (height, width, min_face_px)
        if key not in self._sizes:
            if len(self._sizes) >= KNOWN_SIZES:
                self._sizes.clear()
            self._sizes[key] = _OfSize(*key, self._networks, self._replays)
        return self._sizes[key]


class _OfSize:
    """The cascade for pictures of one size. What has a fixed shape is recorded on a GPU."""

    def __init__(
        self,
        height: int,
        width: int,
        min_face_px: int,
        networks: Sequence[nn.Module],
        replays: Replays,
    ) -> None:
        self._networks = networks
        self._sizes, boxes, levels = _cells(height, width, min_face_px)
        self._boxes, self._levels = (
            torch.from_numpy(x).to(replays.device) for x in (boxes, levels)
        )
        self._look = Replayed(self._looked, replays)
        self._judgements = {
            stage: Replayed(partial(self._judged, stage), replays) for stage in PATCHES
        }

        self._seen: tuple[Tensor, Tensor] | None = None  # pictures (rows, H, W, 3), their sums

    def propose(self, pictures: Tensor, n: int) -> _Candidates:
        """Where the first network sees a face at some level of the first `n` pictures."""
        given, sums, shifts, scores = self._look(pictures)
        self._seen = given, sums
        owners, cells = (scores[:n] >= THRESHOLDS[PROPOSE]).nonzero(as_tuple=True)
        boxes, scores = self._boxes[cells], scores[owners, cells]

        groups = owners * len(self._sizes) + self._levels[cells]
        kept = suppress(boxes, scores, groups, OVERLAP_IN_LEVEL)
        kept = kept[suppress(boxes[kept], scores[kept], owners[kept], OVERLAP)]
        boxes, owners, cells = boxes[kept], owners[kept], cells[kept]
        return _Candidates(_moved(boxes, shifts[owners, :, cells], 0), scores[kept], owners)

    def refine(self, candidates: _Candidates) -> _Candidates:
        """Those that the second network takes for faces, less those that better ones overlap."""
        found, shifts = self._judge(REFINE, candidates)
        kept = suppress(found.boxes, found.scores, found.owners, OVERLAP)
        boxes = _moved(found.boxes[kept], shifts[kept], 1)
        return _Candidates(boxes, found.scores[kept], found.owners[kept])

    def output(self, candidates: _Candidates) -> _Candidates:
        """Those that the third network takes for faces."""
        found, shifts = self._judge(OUTPUT, candidates)
        return _Candidates(_moved(found.boxes, shifts, 1), found.scores, found.owners)

    def _judge(self, stage: int, candidates: _Candidates) -> tuple[_Candidates, Tensor]:
        """The candidates that a later network takes for faces, and how it would move them."""
        assert self._seen is not None
        boxes = _squares(candidates.boxes)
        places, is_inside = _places(boxes, self._seen[0])
        n, n_rows = len(boxes), PATCHES[stage]
        unused = -n % n_rows
        places = torch.cat([places, places.new_tensor([[0, 0, 1, 1]]).expand(unused, 4)])
        owners = torch.cat([candidates.owners, candidates.owners.new_zeros(unused)])

        judged = boxes.new_empty(n + unused, 5)
        for start in range(0, n, n_rows):
            rows = slice(start, start + n_rows)
            (judged[rows],) = self._judgements[stage](owners[rows], places[rows])

        judged = judged[:n]
        passed = ((judged[:, 4] > THRESHOLDS[stage]) & is_inside).nonzero()[:, 0]
        judged = judged[passed]
        found = _Candidates(boxes[passed], judged[:, 4], candidates.owners[passed])
        return found, judged[:, :4]

    def _looked(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Pictures, their sums, shifts (rows, 4, cells) and scores (rows, cells) of all levels."""
        sums = sums_of(pictures)
        answers = [self._run(PROPOSE, shrunk(sums, *size)) for size in self._sizes]
        shifts = torch.cat([shift.flatten(2) for shift, _ in answers], 2)
        scores = torch.cat([chances[:, 1].flatten(1) for _, chances in answers], 1)
        return pictures, sums, shifts, scores

    def _judged(self, stage: int, owners: Tensor, places: Tensor) -> tuple[Tensor, ...]:
        """Shifts and scores (K, 5) of patches."""
        assert self._seen is not None
        patches = patches_of(*self._seen, owners, places, INPUT_PX[stage])
        shifts, *_, chances = self._run(stage, patches)
        return (torch.cat([shifts, chances[:, 1:]], 1),)

    def _run(self, stage: int, pictures: Tensor) -> list[Tensor]:
        """Pictures (N, H, W, 3) of grey levels through one network."""
        x = ((pictures.permute(0, 3, 1, 2) - 127.5) / 128).contiguous()
        return list(self._networks[stage](x))


def _cells(
    height: int, width: int, min_face_px: int
) -> tuple[list[tuple[int, int]], Boxes, NDArray[np.int64]]:
    """Sizes (height, width) of the levels of a pyramid; of all their cells, level by level, the
    boxes in the picture and the levels.
    """
    sizes, boxes, levels = [], [], []
    for level, scale in enumerate(scales_of(height, width, min_face_px)):
        size = (int(height * scale + 1), int(width * scale + 1))
        # A network without padding that halves once, rounding up.
        n_rows, n_columns = ((side - CELL_PX + 1) // STRIDE_PX + 1 for side in size)
        rows, columns = np.divmod(np.arange(n_rows * n_columns), n_columns)
        corner = STRIDE_PX * np.stack([columns, rows], axis=1).astype(np.float32)
        sizes.append(size)
        boxes.append(np.floor(np.hstack([corner + 1, corner + CELL_PX]) / np.float32(scale)))
        levels.append(np.full(len(corner), level))
    return sizes, np.concatenate(boxes), np.concatenate(levels)


def _places(boxes: Tensor, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """What of each box lies in its picture, in whole pixels (K, 4), and whether anything does."""
    height, width = pictures.shape[1:3]
    left, top, right, bottom = boxes.trunc().long().unbind(1)
    left, top = left.clamp(min=1) - 1, top.clamp(min=1) - 1
    right, bottom = right.clamp(max=width), bottom.clamp(max=height)
    is_inside = (right > left) & (bottom > top)
    places = torch.stack([left, top, right, bottom], 1)
    return torch.where(is_inside[:, None], places, places.new_tensor([0, 0, 1, 1])), is_inside


def _squares(boxes: Tensor) -> Tensor:
    """Squares of the longer side around the same centres."""
    sides = boxes[:, 2:] - boxes[:, :2]
    longer = sides.amax(1, keepdim=True)
    corner = boxes[:, :2] + sides / 2 - longer / 2
    return torch.cat([corner, corner + longer], 1)


def _moved(boxes: Tensor, shifts: Tensor, border: int) -> Tensor:
    """Each side moved by its share of the box's own width or height."""
    sides = boxes[:, 2:] - boxes[:, :2] + border
    return boxes + shifts * torch.cat([sides, sides], 1)


def _finished(boxes: Boxes, scores: Scores) -> tuple[Boxes, Scores]:
    kept = suppress_inner(boxes, scores, OVERLAP)
    return boxes[kept], scores[kept]
