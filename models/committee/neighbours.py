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
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from models.layers import MAX_WEIGHTS

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
        n_steps = usable.shape[3]
        size = max(1, MAX_WEIGHTS // usable.shape[1:4].numel())
        heard = _heard if size >= n_steps else partial(_heard_in_pieces, size=size)
        steps = torch.arange(n_steps, device=usable.device)
        total = self.bias
        for own, has, reaches, mixes in zip(said, usable, self.reach, self.mix, strict=True):
            counted = torch.cat([own, has.to(own.dtype)], dim=-1)
            for reach, mix in zip(reaches, mixes, strict=True):
                summed = heard(reach, steps, counted)
                total = total + summed[..., :-1] / (summed[..., -1:] + FADE) @ mix
        return F.gelu(F.layer_norm(total, total.shape[-1:]))


def _heard(
    reach: Tensor, steps: Tensor, counted: Tensor, listening: Tensor | None = None
) -> Tensor:
    """Sums over neighbours (K, B, T, H + 1) of those that are `listening`, at first all steps."""
    gap = ((steps if listening is None else listening)[:, None] - steps).abs()
    weights = torch.exp(-F.softplus(reach) * gap)  # (K, T, T)
    return weights[:, None] @ counted


def _heard_in_pieces(reach: Tensor, steps: Tensor, counted: Tensor, size: int) -> Tensor:
    """`_heard` for long dialogues, `size` listeners at a time: memory is linear in their length.

    The weights of a piece are computed again for its gradient.
    """
    pieces = torch.split(steps, size)
    if not torch.is_grad_enabled():
        return torch.cat([_heard(reach, steps, counted, piece) for piece in pieces], dim=2)

    heard = [
        checkpoint(
            *(_heard, reach, steps, counted, piece),
            use_reentrant=False,
            preserve_rng_state=False,  # nothing is drawn, and on a GPU a look at it waits
        )
        for piece in pieces
    ]
    return torch.cat(heard, dim=2)
