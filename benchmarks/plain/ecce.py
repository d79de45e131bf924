"""ECCE as plain code: prefix sums of whole vectors, a (T, T, D) tensor. Frozen; not made fast.

FACTS A.3: the dense reading, segments inclusive, band 30. Parameters carry the names of
models/iteacnet. Shapes: B dialogues, T utterances of the longest, D hidden.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvOverTime(nn.Module):
    """Holds the convolution of `ContextEncoder` under its name."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(dim, dim, 7, padding=3)


class ContextEncoder(nn.Module):
    """Algorithm 1 with inclusive segments, its (T, T, D) tensor built by prefix sums."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.local = ConvOverTime(dim)
        self.linear = nn.Linear(dim, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, T)."""
        x = self.dropout(x) * seen[:, :, None]
        z = self.dropout(self.local.conv(x.transpose(1, 2)).transpose(1, 2))
        sums = F.pad(z.cumsum(dim=1), (0, 0, 1, 0))
        steps = torch.arange(x.shape[1], device=x.device)
        first, last = torch.minimum(steps[:, None], steps), torch.maximum(steps[:, None], steps)
        means = (sums[:, last + 1] - sums[:, first]) / (last - first + 1)[:, :, None]
        means = means * (last - first <= 30)[:, :, None]
        return self.linear(means).squeeze(-1)
