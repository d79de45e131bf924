"""Networks of the search for our recipe (benchmarks/search_recipe.py): sketches, not methods.

K members side by side in one network, each from its own initial weights: projections of what an
utterance has, added up, with an embedding for what it lacks; context over the dialogue; a linear
layer. Shapes: B dialogues, T utterances, K members, H hidden, C outputs, D_m features, M
modalities.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.fast.dropout import Dropout

REACHES = (-3.0, -1.0)  # first logits of how fast a neighbour's weight falls
WIDTHS = {"gru": 2, "attention": 1, "decay": 2, "modal": 1, "both": 4, "beside": 3, "none": 0}
HEADS = 4


@dataclass(frozen=True)
class CandidateSettings:
    """What was tried."""

    members: int = 4
    width: int = 64
    context: str = "gru"  # gru, attention, decay, modal, both (gru, decay), beside (gru, modal)
    fuse: str = "root"  # sum, mean, root (over the square root of the count)
    embed: int = 1  # an embedding for each missing modality
    drop: float = 0.5
    dialogue_drop: float = 0.0  # each modality hidden from a whole dialogue, for each member
    smooth: float = 0.1
    lr: float = 2e-3
    decay: float = 0.02  # AdamW's weight decay
    average: float = 0.02  # share of the newest weights in the running mean, 1: none
    fair: int = 0  # the mean is corrected for its beginning
    epochs: int = 30
    batch: int = 8
    cool: int = 1  # the learning rate falls linearly to 0
    seed: int = 0
    clip: float = 5.0  # of standardised features
    centre: str = "none"  # none, dialogue, speaker: also how far features are from their mean there
    shrink: float = 2.0  # rows of zero that such a mean counts besides


class Gru(nn.Module):
    """K bidirectional GRUs at once: (K, B, T, H) -> (K, B, T, 2H); padding comes last."""

    def __init__(self, members: int, width: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(width)

        def make(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

        self.inward, self.bias = make(2, members, width, 3 * width), make(2, members, 1, 3 * width)
        self.hidden = make(2 * members, width, 3 * width)
        self.hidden_bias = make(2 * members, 1, width)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Both directions."""
        members, n_dialogues, n_steps, width = x.shape
        steps = torch.arange(n_steps)
        flip = torch.where(valid, valid.sum(dim=1)[:, None] - 1 - steps, steps)  # (B, T)
        back = flip[None, :, :, None].expand_as(x)
        both = torch.stack([x.flatten(1, 2), x.gather(2, back).flatten(1, 2)])  # (2, K, BT, H)
        gates = both @ self.inward + self.bias
        gates = gates.view(2 * members, n_dialogues, n_steps, 3 * width).transpose(1, 2)
        out = _recur(gates, self.hidden, self.hidden_bias)  # (2K, T, B, H)
        out = out.transpose(1, 2).view(2, members, n_dialogues, n_steps, width)
        return torch.cat([out[0], out[1].gather(2, back)], dim=-1)


def _recur(gates: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """(G, T, B, 3H) -> (G, T, B, H)."""
    width = weight.shape[1]
    state = gates.new_zeros(gates.shape[0], gates.shape[2], width)
    states = []
    wide, narrow = weight[..., : 2 * width], weight[..., 2 * width :]
    gated, new = gates[..., : 2 * width], gates[..., 2 * width :]
    for step_gates, step_new in zip(gated.unbind(1), new.unbind(1), strict=True):
        reset, update = torch.sigmoid(torch.baddbmm(step_gates, state, wide)).chunk(2, dim=-1)
        fresh = torch.tanh(step_new + reset * torch.baddbmm(bias, state, narrow))
        state = torch.lerp(fresh, state, update)
        states.append(state)
    return torch.stack(states, dim=1)


class Network(nn.Module):
    """All members."""

    def __init__(self, settings: CandidateSettings, dims: Mapping[str, int], n_out: int) -> None:
        super().__init__()
        self.settings, self.names = settings, tuple(dims)
        self.drop = Dropout(settings.drop)

        k, h = settings.members, settings.width
        self.project = nn.ModuleDict({m: nn.Linear(d, k * h) for m, d in dims.items()})
        if settings.centre != "none":
            self.lean = nn.ModuleDict({m: nn.Linear(d, k * h, bias=False) for m, d in dims.items()})
        self.missing = nn.Parameter(torch.zeros(len(dims), k, 1, 1, h))
        self.scale = nn.Parameter(torch.ones(k, 1, 1, h))
        self.shift = nn.Parameter(torch.zeros(k, 1, 1, h))
        self.own = nn.Parameter(torch.randn(k, 1, h, n_out) / math.sqrt(h))
        self.bias = nn.Parameter(torch.zeros(k, 1, 1, n_out))

        self.gru = Gru(k, h) if settings.context in ("gru", "both", "beside") else None
        self._make_context(k, h, len(dims))
        if settings.context != "none":
            c = WIDTHS[settings.context] * h
            self.out = nn.Parameter(torch.randn(k, 1, c, n_out) / math.sqrt(c))

    def _make_context(self, k: int, h: int, n: int) -> None:
        context, reaches = self.settings.context, torch.tensor(REACHES)
        if context == "attention":
            self.qkv = nn.Parameter(torch.randn(k, 1, h, 3 * h) / math.sqrt(h))
            slopes = torch.linspace(-4, 0, HEADS).view(1, 1, HEADS, 1, 1)
            self.slope = nn.Parameter(slopes.repeat(k, 1, 1, 1, 1))
        if context in ("decay", "both"):
            self.slope = nn.Parameter(reaches.view(1, 2, 1, 1).repeat(k, 1, 1, 1))
        if context in ("modal", "beside"):
            self.slope = nn.Parameter(reaches.view(1, 1, 2, 1, 1).repeat(n, k, 1, 1, 1))
            self.mix = nn.Parameter(torch.randn(n, 2, k, 1, h, h) / math.sqrt(2 * n * h))
            self.mix_bias = nn.Parameter(torch.zeros(k, 1, 1, h))

    def forward(
        self, features: Mapping[str, Tensor], usable: Tensor, valid: Tensor, speakers: Tensor
    ) -> Tensor:
        """(B, T, D_m), (K or 1, B, T, M) bool, (B, T), (B, T) -> (K, B, T, C)."""
        s, k = self.settings, self.settings.members
        same = valid[:, :, None] & valid[:, None]
        if s.centre == "speaker":
            same = same & (speakers[:, :, None] == speakers[:, None])

        there = usable[..., None].expand(k, *usable.shape[1:], 1)
        parts = []
        for i, name in enumerate(self.names):
            x = self.project[name](features[name].clamp(-s.clip, s.clip))
            part = x.view(*x.shape[:2], k, -1).permute(2, 0, 1, 3)
            if s.centre != "none":
                lean = self.lean[name](features[name].clamp(-s.clip, s.clip))
                lean = lean.view(*x.shape[:2], k, -1).permute(2, 0, 1, 3)
                part = part + self._off_mean(lean, there[:, :, :, i], same)
            parts.append(part * there[:, :, :, i])

        u = self.drop(F.gelu(self._fuse(parts, there)))
        logits: Tensor = self.bias + u @ self.own
        if s.context != "none":
            logits = logits + self.drop(self._context(u, valid, parts, there)) @ self.out
        return logits

    def _off_mean(self, lean: Tensor, has: Tensor, same: Tensor) -> Tensor:
        """(K, B, T, H) less the mean over usable rows of the same voice."""
        near = same.to(lean.dtype)
        total, count = near @ (lean * has), near @ has.to(lean.dtype)
        return lean - total / (count + self.settings.shrink)

    def _fuse(self, parts: list[Tensor], there: Tensor) -> Tensor:
        power = {"sum": 0.0, "mean": 1.0, "root": 0.5}[self.settings.fuse]
        fused = torch.stack(parts).sum(dim=0) / there.sum(dim=3).clamp(min=1) ** power
        if self.settings.embed:
            for i in range(len(parts)):
                fused = fused + ~there[:, :, :, i] * self.missing[i]
        return F.layer_norm(fused, fused.shape[-1:]) * self.scale + self.shift

    def _context(self, u: Tensor, valid: Tensor, parts: list[Tensor], there: Tensor) -> Tensor:
        read = [] if self.gru is None else [self.gru(u, valid)]
        context = self.settings.context
        if context in ("modal", "beside"):
            read.append(F.gelu(self._modal(parts, there)))
        elif context in ("decay", "both"):
            read += self._decay(u, valid)
        elif context == "attention":
            read.append(self._attention(u, valid))
        return torch.cat(read, dim=-1)

    def _modal(self, parts: list[Tensor], there: Tensor) -> Tensor:
        """Means over the neighbours that have a modality, near ones more: (K, B, T, H)."""
        gap = _gaps(parts[0].shape[2])
        total = self.mix_bias
        for i, part in enumerate(parts):
            part = self.drop(F.gelu(part)) * there[:, :, :, i]
            counted = torch.cat([part, there[:, :, :, i].to(part.dtype)], dim=-1)
            for j in range(len(REACHES)):
                near = torch.exp(-F.softplus(self.slope[i, :, j]) * gap)[:, None]  # (K, 1, T, T)
                summed = near @ counted
                total = total + summed[..., :-1] / (summed[..., -1:] + 0.1) @ self.mix[i, j]
        return F.layer_norm(total, total.shape[-1:])

    def _decay(self, u: Tensor, valid: Tensor) -> list[Tensor]:
        """Means over all neighbours, near ones more, at two reaches."""
        near = -F.softplus(self.slope) * _gaps(u.shape[2])  # (K, 2, T, T)
        hidden = ~valid[None, :, None, :]
        weights = [
            closeness[:, None].masked_fill(hidden, -torch.inf).softmax(-1)
            for closeness in near.unbind(1)
        ]
        return [weight @ u for weight in weights]

    def _attention(self, u: Tensor, valid: Tensor) -> Tensor:
        """Attention that falls with distance."""
        k, b, t, h = u.shape
        q, key, v = (u @ self.qkv).view(k, b, t, 3, HEADS, h // HEADS).permute(3, 0, 1, 4, 2, 5)
        scores = q @ key.transpose(-1, -2) / math.sqrt(h // HEADS)
        scores = scores - F.softplus(self.slope) * _gaps(t)
        weights = scores.masked_fill(~valid[None, :, None, None, :], -torch.inf).softmax(-1)
        return (weights @ v).transpose(2, 3).flatten(3)


def _gaps(n_steps: int) -> Tensor:
    steps = torch.arange(n_steps)
    return (steps[:, None] - steps).abs().float()
