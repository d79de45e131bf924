"""Pictures made smaller or larger on any device as OpenCV's INTER_AREA does it, many at once.

Where a side shrinks or stays, a pixel is the mean of the area that it covers: the sum over a
rectangle comes from four places of a table of sums (Crow 1984), also between whole pixels. Where
a side grows, OpenCV interpolates in whole numbers of 1/2048, which is done here digit by digit.
Against OpenCV one pixel in 30,000 differs, by one grey level (it sums in float32).

Batches: N pictures, H x W pixels; K patches of S x S pixels.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

MAX_INT32 = 2**31 - 1
SHARES = 2048  # of a pixel, in which OpenCV interpolates


def sums_of(pictures: Tensor) -> Tensor:
    """Sums (N, H + 1, W + 1, 3) of all that lies above and left of a corner, whole numbers."""
    height, width = pictures.shape[1:3]
    dtype = torch.int32 if height * width * 255 <= MAX_INT32 else torch.int64
    return pad(pictures.cumsum(1, dtype=dtype).cumsum(2, dtype=dtype), (0, 0, 1, 0, 1, 0))


def shrunk(sums: Tensor, height: int, width: int) -> Tensor:
    """Whole pictures at a size that is not larger (N, height, width, 3), grey levels as float32."""
    sides = [length - 1 for length in sums.shape[1:3]]
    table = sums
    for axis, (side, n_cells) in enumerate(zip(sides, (height, width), strict=True), start=1):
        edges = torch.arange(n_cells + 1, device=sums.device, dtype=torch.float64) * (
            side / n_cells
        )
        lower, share = _between(edges, side)
        share = share.view(-1, 1, 1) if axis == 1 else share.view(-1, 1)
        at_lower, at_upper = table.index_select(axis, lower), table.index_select(axis, lower + 1)
        table = (at_lower * (1 - share) + at_upper * share).diff(dim=axis)
    is_halved = sides == [2 * height, 2 * width]
    means = table / (sides[0] / height * (sides[1] / width))
    return (_half_up(means) if is_halved else means.round()).float()


def patches_of(
    pictures: Tensor, sums: Tensor, owners: Tensor, boxes: Tensor, size_px: int
) -> Tensor:
    """Boxes (K, 4) of the pictures that own them, at one size (K, S, S, 3), float32.

    Boxes are whole pixels (left, top, right, bottom), right and bottom excluded, and lie inside.
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    grows = (sides < size_px).any(1).view(-1, 1, 1, 1)
    averaged = _averaged(sums, owners, boxes, size_px)
    return torch.where(grows, _interpolated(pictures, owners, boxes, size_px), averaged)


def _averaged(sums: Tensor, owners: Tensor, boxes: Tensor, size_px: int) -> Tensor:
    sides = (boxes[:, 2:] - boxes[:, :2]).double()
    steps = torch.arange(size_px + 1, device=boxes.device, dtype=torch.float64)
    edges_x, edges_y = (
        boxes[:, axis, None] + steps * (sides[:, axis, None] / size_px) for axis in (0, 1)
    )
    x, share_x = _between(edges_x, sums.shape[2] - 1)
    y, share_y = _between(edges_y, sums.shape[1] - 1)
    owner, x, y = owners.view(-1, 1, 1), x[:, None, :], y[:, :, None]
    share_x, share_y = share_x[:, None, :, None], share_y[:, :, None, None]

    above = sums[owner, y, x] * (1 - share_x) + sums[owner, y, x + 1] * share_x
    below = sums[owner, y + 1, x] * (1 - share_x) + sums[owner, y + 1, x + 1] * share_x
    table = above * (1 - share_y) + below * share_y
    covered = (sides / size_px).prod(1).view(-1, 1, 1, 1)
    is_halved = (sides == 2 * size_px).all(1).view(-1, 1, 1, 1)
    means = table.diff(dim=1).diff(dim=2) / covered
    return torch.where(is_halved, _half_up(means), means.round()).float()


def _interpolated(pictures: Tensor, owners: Tensor, boxes: Tensor, size_px: int) -> Tensor:
    x, next_x, share_x = _taps(boxes[:, 0], boxes[:, 2], size_px)
    y, next_y, share_y = _taps(boxes[:, 1], boxes[:, 3], size_px)
    owner = owners.view(-1, 1, 1)
    x, next_x, share_x = x[:, None], next_x[:, None], share_x[:, None, :, None]
    share_y = share_y[:, :, None, None]

    def row(at: Tensor) -> Tensor:
        at = at[:, :, None]
        pixels, following = pictures[owner, at, x].int(), pictures[owner, at, next_x].int()
        return pixels * (SHARES - share_x) + following * share_x >> 4

    mixed = ((SHARES - share_y) * row(y) >> 16) + (share_y * row(next_y) >> 16)
    return (mixed + 2 >> 2).float()


def _taps(first: Tensor, end: Tensor, size_px: int) -> tuple[Tensor, Tensor, Tensor]:
    """Where OpenCV's linear interpolation looks: pixels, those after them, 2048ths of the latter.

    Each (K, S). OpenCV multiplies by the inverse of the scale, in float64, and rounds to float32.
    """
    side = (end - first)[:, None]
    cell = torch.arange(size_px, device=first.device)
    pixel = (cell * (side.double() / size_px)).floor().long()
    share = ((cell + 1) - (pixel + 1) * (size_px / side.double())).float()
    # No torch.where: it fetches its numbers from the host, which a recording cannot.
    share = (share - share.floor()).masked_fill(share <= 0, 0)
    share = share.masked_fill(pixel >= side - 1, 0)
    pixel = pixel.minimum(side - 1)
    following = (pixel + 1).minimum(side - 1)
    return first[:, None] + pixel, first[:, None] + following, (share * SHARES).round().int()


def _between(edges: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """The corner at or before each edge, and how far the edge lies beyond it."""
    lower = edges.long().clamp_(max=side - 1)
    return lower, edges - lower


def _half_up(means: Tensor) -> Tensor:
    """Whole grey levels as where OpenCV halves a picture; elsewhere a half goes to the even one."""
    return (means + 0.5).floor()
