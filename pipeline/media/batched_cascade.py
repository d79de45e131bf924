"""The cascade of MTCNN for many pictures at once, on the device alone: what a GPU is used for.

The same steps with the same numbers as `pipeline.media.cascade`, whose faces these are to the
rounding of the networks: two candidates may change places, and one may pass or fail, where scores
or overlaps lie that near to each other or to their threshold.

Every batch has the same number of rows, decided by the size of its pictures alone, and so have the
batches of patches; unused rows are black. A picture meets the same kernels whatever comes beside
it, so its faces depend on no other. Candidates of all pictures and levels are gathered at once: the
host waits for the device a dozen times a batch, however many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import nms

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

MOST_ROWS = 32  # pictures at once
MOST_PIXELS = 2**25  # of all pictures at once, 3 GB on the device; one picture always goes
PATCHES = {REFINE: 512, OUTPUT: 128}  # at once
KNOWN_SIZES = 16  # of pictures, whose pyramids are kept

SUBPIXELS = 2**16  # of a pixel: where suppression sees a corner
APART_PX = 2**24  # how far apart groups lie where they are suppressed together
MOST_TOGETHER = 2**15  # candidates; the table of who overlaps whom has n^2 / 8 bytes


def rows_of(height: int, width: int) -> int:
    """How many pictures of a size go through the networks at once."""
    return max(1, min(MOST_ROWS, MOST_PIXELS // (height * width)))


@dataclass(frozen=True)
class _Pyramid:
    """The levels of pictures of one size, and the cells of all of them, level by level."""

    sizes: list[tuple[int, int]]  # height, width
    boxes: Tensor  # (cells, 4) in the picture
    levels: Tensor  # (cells,)


@dataclass(frozen=True)
class _Batch:
    """Pictures (rows, H, W, 3) and their sums; the first `n` rows are used."""

    pictures: Tensor
    sums: Tensor
    n: int


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
        self._device = device
        self._pyramids: dict[tuple[int, int, int], _Pyramid] = {}

    @torch.inference_mode()
    def __call__(self, pictures: Sequence[Picture], min_face_px: int) -> list[tuple[Boxes, Scores]]:
        """Faces of at least about `min_face_px`, of each picture in the order of confidence.

        At most `rows_of` pictures.
        """
        pyramid = self._pyramid(pictures[0].shape[0], pictures[0].shape[1], min_face_px)
        if not pyramid.sizes:
            return [(np.empty((0, 4), np.float32), np.empty(0, np.float32)) for _ in pictures]
        batch = self._batch(pictures)
        found = self._refine(batch, self._propose(batch, pyramid))
        found = self._output(batch, found)
        owners = found.owners.cpu().numpy()
        boxes, scores = found.boxes.cpu().numpy(), found.scores.cpu().numpy()
        return [_finished(boxes[owners == k], scores[owners == k]) for k in range(len(pictures))]

    def _batch(self, pictures: Sequence[Picture]) -> _Batch:
        height, width = pictures[0].shape[:2]
        stacked = np.zeros((rows_of(height, width), height, width, 3), np.uint8)
        np.stack(pictures, out=stacked[: len(pictures)])
        rows = torch.from_numpy(stacked).to(self._device)
        return _Batch(rows, sums_of(rows), len(pictures))

    def _pyramid(self, height: int, width: int, min_face_px: int) -> _Pyramid:
        key = (height, width, min_face_px)
        if key not in self._pyramids:
            if len(self._pyramids) >= KNOWN_SIZES:
                self._pyramids.clear()
            self._pyramids[key] = _pyramid_of(*key, self._device)
        return self._pyramids[key]

    def _propose(self, batch: _Batch, pyramid: _Pyramid) -> _Candidates:
        """Where the first network sees a face at some level of a pyramid."""
        answers = [self._run(PROPOSE, shrunk(batch.sums, *size)) for size in pyramid.sizes]
        shifts = torch.cat([shift[: batch.n].flatten(2) for shift, _ in answers], 2)
        scores = torch.cat([chances[: batch.n, 1].flatten(1) for _, chances in answers], 1)
        owners, cells = (scores >= THRESHOLDS[PROPOSE]).nonzero(as_tuple=True)
        boxes, scores = pyramid.boxes[cells], scores[owners, cells]

        groups = owners * len(pyramid.sizes) + pyramid.levels[cells]
        kept = _suppress(boxes, scores, groups, OVERLAP_IN_LEVEL)
        kept = kept[_suppress(boxes[kept], scores[kept], owners[kept], OVERLAP)]
        boxes, owners, cells = boxes[kept], owners[kept], cells[kept]
        return _Candidates(_moved(boxes, shifts[owners, :, cells], 0), scores[kept], owners)

    def _refine(self, batch: _Batch, candidates: _Candidates) -> _Candidates:
        found, shifts = self._judge(REFINE, batch, candidates)
        kept = _suppress(found.boxes, found.scores, found.owners, OVERLAP)
        boxes = _moved(found.boxes[kept], shifts[kept], 1)
        return _Candidates(boxes, found.scores[kept], found.owners[kept])

    def _output(self, batch: _Batch, candidates: _Candidates) -> _Candidates:
        found, shifts = self._judge(OUTPUT, batch, candidates)
        return _Candidates(_moved(found.boxes, shifts, 1), found.scores, found.owners)

    def _judge(
        self, stage: int, batch: _Batch, candidates: _Candidates
    ) -> tuple[_Candidates, Tensor]:
        """The candidates that a later network takes for faces, and how it would move them."""
        boxes = _squares(candidates.boxes)
        places, is_inside = _places(boxes, batch.pictures)
        n, n_rows = len(boxes), PATCHES[stage]
        unused = -n % n_rows
        places = torch.cat([places, places.new_tensor([[0, 0, 1, 1]]).expand(unused, 4)])
        owners = torch.cat([candidates.owners, candidates.owners.new_zeros(unused)])

        answers = []
        for start in range(0, n, n_rows):
            rows = slice(start, start + n_rows)
            patches = patches_of(
                batch.pictures, batch.sums, owners[rows], places[rows], INPUT_PX[stage]
            )
            shifts, *_, chances = self._run(stage, patches)
            answers.append(torch.cat([shifts, chances[:, 1:]], 1))
        judged = torch.cat([boxes.new_zeros(0, 5), *answers])[:n]

        passed = ((judged[:, 4] > THRESHOLDS[stage]) & is_inside).nonzero()[:, 0]
        judged = judged[passed]
        found = _Candidates(boxes[passed], judged[:, 4], candidates.owners[passed])
        return found, judged[:, :4]

    def _run(self, stage: int, pictures: Tensor) -> list[Tensor]:
        """Pictures (N, H, W, 3) of grey levels through one network."""
        x = ((pictures.permute(0, 3, 1, 2) - 127.5) / 128).contiguous()
        return list(self._networks[stage](x))


def _pyramid_of(height: int, width: int, min_face_px: int, device: torch.device) -> _Pyramid:
    sizes, boxes, levels = [], [np.empty((0, 4), np.float32)], [np.empty(0, np.int64)]
    for level, scale in enumerate(scales_of(height, width, min_face_px)):
        size = (int(height * scale + 1), int(width * scale + 1))
        # A network without padding that halves once, rounding up.
        n_rows, n_columns = ((side - CELL_PX + 1) // STRIDE_PX + 1 for side in size)
        rows, columns = np.divmod(np.arange(n_rows * n_columns), n_columns)
        corner = STRIDE_PX * np.stack([columns, rows], axis=1).astype(np.float32)
        sizes.append(size)
        boxes.append(np.floor(np.hstack([corner + 1, corner + CELL_PX]) / np.float32(scale)))
        levels.append(np.full(len(corner), level))
    cells = (np.concatenate(part) for part in (boxes, levels))
    return _Pyramid(sizes, *(torch.from_numpy(part).to(device) for part in cells))


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


def _suppress(boxes: Tensor, scores: Tensor, groups: Tensor, overlap: float) -> Tensor:
    """Indices that stay when better boxes drop those of their group that they overlap.

    Groups come and go in ascending order; in each the best is first.
    """
    # torchvision's batched_nms moves groups apart in float32 by the largest corner of all, which
    # the neighbours decide. Whole numbers in float64 are exact wherever a group lies.
    corners = (boxes.double() * SUBPIXELS).round()
    corners += groups[:, None] * (APART_PX * SUBPIXELS)
    scores = scores.double()
    kept = torch.cat([nms(corners[run], scores[run], overlap) + run.start for run in _runs(groups)])
    return kept[groups[kept].argsort(stable=True)]


def _runs(groups: Tensor) -> list[slice]:
    """Whole groups that are suppressed together: as many as there is room for, one at least."""
    if len(groups) <= MOST_TOGETHER:
        return [slice(0, len(groups))]
    counts = torch.unique_consecutive(groups, return_counts=True)[1].tolist()
    runs, start, end = [], 0, 0
    for count in counts:
        if end + count - start > MOST_TOGETHER and end > start:
            runs.append(slice(start, end))
            start = end
        end += count
    return [*runs, slice(start, end)]
