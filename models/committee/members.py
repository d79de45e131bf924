"""The members of the committee: equal small networks, each from its own initial weights.

For utterance t of a dialogue, its usable modalities U and their number n:

    p_m = W_m clip(x_m) + b_m                                m in U
    u   = dropout(gelu(layer_norm(sum_U p_m / sqrt(n) + sum over missing m of e_m)))
    c   = dropout([GRU(u) forwards, GRU(u) backwards, neighbours of dropout(gelu(p_m))])
    logits = A u + C c + b

Every utterance is told by its own rows, whatever it has (A u), and by its dialogue (C c).
Shapes: K members, B dialogues, T utterances, M modalities, D_m features, H hidden, C outputs.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.committee.neighbours import Neighbours
from models.committee.recurrence import StackedGru
from models.committee.settings import CommitteeSettings
from models.fast.dropout import Dropout
from models.fast.products import Linear
from models.learner import TaskShape

N_CONTEXTS = 3  # both directions of the GRU, and the neighbours


class Members(nn.Module):
    """All members of a committee."""

    def __init__(self, settings: CommitteeSettings, shape: TaskShape) -> None:
        super().__init__()
        k, width = settings.n_members, settings.hidden_dim
        n_modalities = len(shape.feature_dims)
        self.n_members, self.clip = k, settings.clip
        self.projections = nn.ModuleDict(
            {name: Linear(dim, k * width) for name, dim in shape.feature_dims.items()}
        )
        self.missing = nn.Parameter(torch.zeros(n_modalities, k, 1, 1, width))
        self.scale = nn.Parameter(torch.ones(k, 1, 1, width))
        self.shift = nn.Parameter(torch.zeros(k, 1, 1, width))

        self.gru = StackedGru(k, width)
        self.neighbours = Neighbours(n_modalities, k, width)
        self.own = _draw(k, width, shape.n_outputs)
        self.context = _draw(k, N_CONTEXTS * width, shape.n_outputs)
        self.bias = nn.Parameter(torch.zeros(k, 1, 1, shape.n_outputs))
        self.dropout = Dropout(settings.dropout)

    def project(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """(..., D_m) -> (..., K H), p_m of all members."""
        if (limit := self.clip) is not None:
            features = {name: value.clamp(-limit, limit) for name, value in features.items()}
        return {name: layer(features[name]) for name, layer in self.projections.items()}

    def forward(self, projected: Mapping[str, Tensor], usable: Tensor, valid: Tensor) -> Tensor:
        """(B, T, K H) each, (M, K, B, T, 1) and (B, T) bool -> (K, B, T, C)."""
        parts = []
        for name, has in zip(self.projections, usable, strict=True):
            part = projected[name].view(*valid.shape, self.n_members, -1).permute(2, 0, 1, 3)
            parts.append(part * has)
        u = self.dropout(F.gelu(self._fuse(parts, usable)))
        said = [self.dropout(F.gelu(part)) * has for part, has in zip(parts, usable, strict=True)]
        contexts = torch.cat([self.gru(u, valid), self.neighbours(said, usable)], dim=-1)
        logits: Tensor = u @ self.own + self.dropout(contexts) @ self.context + self.bias
        return logits

    def _fuse(self, parts: list[Tensor], usable: Tensor) -> Tensor:
        count = usable.sum(dim=0).clamp(min=1)
        fused = torch.stack(parts).sum(dim=0) / count.to(parts[0].dtype).sqrt()
        fused = fused + (~usable * self.missing).sum(dim=0)
        normed = F.layer_norm(fused, fused.shape[-1:])
        return normed * self.scale + self.shift


def _draw(n_members: int, n_in: int, n_out: int) -> nn.Parameter:
    """(K, 1, I, O) of deviation 1 / sqrt(I)."""
    return nn.Parameter(torch.randn(n_members, 1, n_in, n_out) / math.sqrt(n_in))
