"""What the neighbours that have a modality say in it, near ones more.

Where an utterance lacks a modality its neighbours may have it, and a feeling lasts for more than a
turn. For each modality m and each of two reaches j a member k learns how fast a neighbour's weight
falls with its distance in turns:

    w(t, s) = exp(-softplus(a_mjk) |t - s|) where s has m, else 0
    mean_mj(t) = sum_s w(t, s) h_m(s) / (0.1 + sum_s w(t, s))

The 0.1 lets a mean fade where nobody near has the modality. Shapes: K members, B dialogues, T
utterances, H hidden, M modalities.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

REACHES = (-3.0, -1.0)  # first values of a: a weight falls to a third in 21 turns, and in 3
FADE = 0.1


class Neighbours(nn.Module):
    """M times (K, B, T, H), where each modality is usable -> (K, B, T, H)."""

    def __init__(self, n_modalities: int, n_members: int, width: int) -> None:
        super().__init__()
        reaches = torch.tensor(REACHES).view(1, -1, 1, 1, 1)
        self.reach = nn.Parameter(reaches.repeat(n_modalities, 1, n_members, 1, 1))
        spread = 1 / math.sqrt(len(REACHES) * n_modalities * width)
        shape = (n_modalities, len(REACHES), n_members, 1, width, width)
        self.mix = nn.Parameter(torch.randn(shape) * spread)
        self.bias = nn.Parameter(torch.zeros(n_members, 1, 1, width))

    def forward(self, said: list[Tensor], usable: Tensor) -> Tensor:
        """`said` is 0 where not `usable`, (M, K, B, T, 1)."""
        steps = torch.arange(usable.shape[3], device=usable.device)
        gap = (steps[:, None] - steps).abs()
        total = self.bias
        for own, has, reaches, mixes in zip(said, usable, self.reach, self.mix, strict=True):
            counted = torch.cat([own, has.to(own.dtype)], dim=-1)
            for reach, mix in zip(reaches, mixes, strict=True):
                weights = torch.exp(-F.softplus(reach) * gap)  # (K, T, T)
                summed = weights[:, None] @ counted
                total = total + summed[..., :-1] / (summed[..., -1:] + FADE) @ mix
        return F.gelu(F.layer_norm(total, total.shape[-1:]))
