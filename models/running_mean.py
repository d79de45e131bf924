"""A running mean of a network's weights, which predicts in its place (Polyak and Juditsky 1992).

With the share a of the newest weights w_n, plain and corrected for its beginning:

    mean_n = (1 - a) mean_(n-1) + a w_n,                        mean_0 = the weights at the start
    mean_n = mean_(n-1) + a / (1 - (1 - a)^n) (w_n - mean_(n-1))

The plain one still holds (1 - a)^n of the start after n steps; the corrected one weighs w_n,
w_(n-1), ... by a, a (1 - a), ... and divides by their sum, as Adam does (Kingma and Ba 2015).
"""

from copy import deepcopy

import torch
from torch import Tensor, nn


class RunningMean(nn.Module):
    """`network`, a copy whose weights are the mean; no gradient reaches it."""

    kept: Tensor  # () float64: (1 - a)^n

    def __init__(self, network: nn.Module, share: float, *, is_corrected: bool) -> None:
        super().__init__()
        self.share, self.is_corrected = share, is_corrected
        self.network = deepcopy(network).requires_grad_(False)
        self.register_buffer("kept", torch.ones((), dtype=torch.float64))

    @torch.no_grad()
    def follow(self, newest: nn.Module) -> None:
        """Let the mean come nearer to the weights of `newest`."""
        share: float | Tensor = self.share
        if self.is_corrected:
            self.kept.mul_(1 - self.share)
            share = self.share / (1 - self.kept)
        for mean, weight in zip(self.network.parameters(), newest.parameters(), strict=True):
            mean.lerp_(weight, share.to(mean.dtype) if isinstance(share, Tensor) else share)
