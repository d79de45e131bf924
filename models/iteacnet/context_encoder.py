"""ECCE, the emotion context changing encoder: an attention bias from how emotion moves in time.

paper Eq. 1, 2, 5, 6 and Algorithm 1, read as in reading.md A.3: a local encoding z_t of the window
around utterance t, then for each pair the mean of z over the segment between them, both ends
included, zero where |i - j| > band, then a Linear to d_e numbers.

The Linear commutes with the mean, so z is projected first and no (S, S, D) tensor is ever built:
memory is linear in D. Segment means are differences of prefix sums kept in float64, because
float32 prefix sums lose 1e-6 after a hundred utterances.

Shapes: N rows of D features; per bucket K dialogues of S steps; E = d_e is 1, or H heads.
"""

from functools import lru_cache

import torch
from torch import Tensor, nn

from models.fast.dropout import Dropout
from models.fast.layout import Layout
from models.iteacnet.settings import ContextSettings
from models.layers import convolve

KEPT_STEPS = 512  # of dialogues whose shares are kept; above, maps are made one by one


class ContextEncoder(nn.Module):
    """One modality's ECCE. The output is a bias of the Mix Map (Eq. 10), E_m of Eq. 1."""

    def __init__(self, dim: int, n_heads: int, settings: ContextSettings) -> None:
        super().__init__()
        self.local = _local_encoder(dim, settings)
        self.linear = nn.Linear(dim, n_heads if settings.per_head else 1)  # FC of Algorithm 1
        self.dropout = Dropout(settings.dropout)
        self.band = settings.band

    def forward(self, x: Tensor, layout: Layout) -> list[Tensor]:
        """(N, D) projected features -> one (K, E, S, S) bias per bucket."""
        x = self.dropout(x)
        if self.local is None:  # Table 1, "Local" off: utterance features go to Global themselves
            scores = x @ self.linear.weight.t()
        elif self.training and self.dropout.p > 0:
            scores = self.dropout(self.local(x, layout)) @ self.linear.weight.t()
        else:  # no dropout in between: convolution and Linear are one convolution
            scores = self.local.projected(x, layout, self.linear.weight)
        return [
            segment_means(padded, self.band) + self.linear.bias[:, None, None]
            for padded in layout.padded(scores)
        ]


def segment_means(scores: Tensor, band: int) -> Tensor:
    """(S, K, E) -> (K, E, S, S): mean of scores over min(i, j)..max(i, j), 0 beyond the band.

    F_global of Eq. 6 and the double loop of Algorithm 1.
    """
    steps = scores.permute(1, 2, 0)  # (K, E, S)
    ends = steps.cumsum(dim=2, dtype=torch.float64)  # sum over 0..j
    # What a GPU records is there once it is replayed: nothing to keep for others.
    is_kept = len(scores) <= KEPT_STEPS and not scores.is_cuda
    shares_of = _kept_shares if is_kept else _shares
    shares = shares_of(len(scores), band, scores.dtype, scores.device)
    if len(scores) <= KEPT_STEPS:
        return _segments(steps, ends, shares)
    # Sums in float64 of one dialogue and head at a time, or they would be all there at once.
    pairs = zip(steps.flatten(0, 1), ends.flatten(0, 1), strict=True)
    maps = [_segments(step, end, shares) for step, end in pairs]
    return torch.stack(maps).view(*steps.shape, steps.shape[2])


def _segments(steps: Tensor, ends: Tensor, shares: Tensor) -> Tensor:
    """Scores and their running sums (..., S) -> (..., S, S), weighted by shares (S, S)."""
    segments = ends[..., None, :] - (ends - steps)[..., None]  # [i, j]: sum over i..j
    upper = segments.to(steps.dtype) * shares
    return upper + upper.transpose(-2, -1)


def _shares(n_steps: int, band: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(S, S): what a sum over i..j is multiplied with for its mean, 0 below the diagonal."""
    steps = torch.arange(n_steps, device=device, dtype=dtype)
    distance = steps - steps[:, None]  # j - i
    shares = 1 / (distance + 1).clamp(min=1)
    shares = shares.masked_fill((distance < 0) | (distance > band), 0.0)
    return shares.fill_diagonal_(0.5)  # the diagonal is met twice in `_segments`


_kept_shares = lru_cache(maxsize=16)(_shares)  # more lengths than a batch has buckets; 16 MB


class DenseWindow(nn.Module):
    """F_local of Algorithm 1: Conv1d(D, D, w, padding w // 2) with bias (Eq. 5)."""

    def __init__(self, dim: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(dim, dim, kernel)

    def forward(self, x: Tensor, layout: Layout) -> Tensor:
        """(N, D) -> (N, D)."""
        return convolve(x, layout, self.conv.weight, self.conv.bias)

    def projected(self, x: Tensor, layout: Layout, weight: Tensor) -> Tensor:
        """`forward(x) @ weight.T` for weight (E, D): the merged convolution has E channels only.

        Each utterance is multiplied with all taps; a window adds up its diagonal of products.
        """
        kernel = self.conv.weight
        merged = (weight @ kernel.flatten(1)).view(-1, *kernel.shape[1:])  # (E, D, w)
        taps = merged.transpose(0, 1).flatten(1)  # (D, E * w)
        products = (x @ taps).view(len(x), len(weight), -1)  # (N, E, w)
        gap = products.shape[2] // 2
        windows = layout.to_line(products, gap).unfold(0, products.shape[2], 1)  # (..., E, w, w)
        scores = layout.from_line(windows.diagonal(dim1=2, dim2=3).sum(dim=2), gap)
        assert self.conv.bias is not None
        return scores + weight @ self.conv.bias


class SharedWindow(nn.Module):
    """F_local of the public implementation: one kernel for all channels, no bias (reading.md A.3).

    Its taps are the softmax of free logits that start at 0: at first a moving average.
    """

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(kernel))

    def forward(self, x: Tensor, layout: Layout) -> Tensor:
        """(N, D) -> (N, D)."""
        taps = self.logits.softmax(dim=0)
        line = layout.to_line(x, gap=len(taps) // 2)
        return layout.from_line(line.unfold(0, len(taps), 1) @ taps, gap=len(taps) // 2)

    def projected(self, x: Tensor, layout: Layout, weight: Tensor) -> Tensor:
        """`forward(x) @ weight.T` for weight (E, D): the taps treat all channels alike."""
        return self.forward(x @ weight.t(), layout)


def _local_encoder(dim: int, settings: ContextSettings) -> DenseWindow | SharedWindow | None:
    if settings.local == "off":
        return None
    if settings.kernel % 2 == 0:
        raise ValueError(f"context.kernel={settings.kernel} is even: a window needs a middle")
    if settings.local == "dense":
        return DenseWindow(dim, settings.kernel)
    return SharedWindow(settings.kernel)
