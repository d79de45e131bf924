"""Candidates of many pictures at once: better boxes drop those of their group that they overlap."""

import torch
from torch import Tensor
from torchvision.ops import nms

SUBPIXELS = 2**16  # of a pixel: where a corner is seen
APART_PX = 2**24  # how far apart groups lie where they are suppressed together
MOST_TOGETHER = 2**15  # candidates; the table of who overlaps whom has n^2 / 8 bytes


def suppress(boxes: Tensor, scores: Tensor, groups: Tensor, overlap: float) -> Tensor:
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
