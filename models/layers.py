"""Layers that networks share: multi-head attention, the MetaFormer feed-forward.

All work on packed rows (`models.fast.layout`). Shapes: N rows, D hidden, H heads; per bucket K
dialogues of S steps.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from models.fast.dropout import Dropout
from models.fast.layout import Layout
from models.fast.products import Linear, linear, linear_gelu

# Attention weights of a bucket, over all heads, that are kept for the gradient at once (16 MB);
# 32 dialogues of 110 utterances have 3.1 million. Above it attention works in pieces.
MAX_WEIGHTS = 2**22
MOST_WRITTEN_OUT = 2**25  # attention weights, 128 MB
# One additive attention bias per bucket, (K, 1 or H, S, S), -inf where a key must not be read.
Biases = Sequence[Tensor]


class MultiHeadAttention(nn.Module):
    """softmax(q k^T / sqrt(C) + bias) v over each dialogue, H heads of C = D / H (paper Eq. 7).

    The scale is that of one head, as in every multi-head attention (reading.md A.2).
    """

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        if dim % n_heads:
            raise ValueError(f"hidden_dim={dim} is not a multiple of n_heads={n_heads}")
        self.n_heads = n_heads
        self.scale = math.sqrt(n_heads / dim)  # 1 / sqrt(C)
        self.query = Linear(dim, dim)
        self.key = Linear(dim, dim)
        self.value = Linear(dim, dim)
        self.output = Linear(dim, dim)
        self.dropout = Dropout(dropout)
        self._draw_weights()

    @torch.no_grad()
    def _draw_weights(self) -> None:
        """As `nn.MultiheadAttention` starts, which the reference uses: inputs drawn as one matrix.

        Xavier over (3 D, D), a spread of 0.0625 at D = 128 where a plain Linear has 0.051; no bias.
        """
        inputs = (self.query, self.key, self.value)
        dim = self.query.in_features
        joint = nn.init.xavier_uniform_(torch.empty(len(inputs) * dim, dim))
        for layer, weight in zip(inputs, joint.chunk(len(inputs)), strict=True):
            layer.weight.copy_(weight)
        for layer in (*inputs, self.output):
            layer.bias.zero_()

    def forward(
        self,
        x: Tensor,
        source: Tensor,
        layout: Layout,
        biases: Biases | None = None,
        maps: list[Tensor] | None = None,
    ) -> Tensor:
        """Queries x and source of keys and values, both (N, D) -> (N, D).

        `biases` hold the mask of padded keys already (`masked_biases`); None masks those alone.
        A list given as `maps` receives the attention weights of each bucket, (K, H, S, S).
        """
        if x is source:
            parts = [self._project(x, (self.query, self.key, self.value))]
        else:
            parts = [self._project(x, (self.query,)), self._project(source, (self.key, self.value))]

        outputs = []
        for i, (bucket, *padded) in enumerate(
            zip(layout.buckets, *map(layout.padded, parts), strict=True)
        ):
            q, k, v = (head for part in padded for head in self._heads(part))
            bias = bucket.key_bias if biases is None else biases[i]
            if maps is None and q.shape[:3].numel() * k.shape[2] > MAX_WEIGHTS:
                mixed = self._attend_in_pieces(q, k, v, bias)
            else:
                mixed, weights = self._attend(q, k, v, bias)
                if maps is not None:
                    maps.append(weights.detach())
            outputs.append(bucket.unpad(self._join(mixed)))
        return self.output(torch.cat(outputs))

    def _project(self, x: Tensor, layers: Sequence[nn.Linear]) -> Tensor:
        """(N, D) -> (N, P * D): P layers in one product, head by head; queries come scaled."""
        weights, biases = [], []
        for layer in layers:
            weight: Tensor = layer.weight
            bias: Tensor = layer.bias
            if layer is self.query:
                weight, bias = weight * self.scale, bias * self.scale
            weights.append(weight.view(self.n_heads, -1, x.shape[1]))
            biases.append(bias.view(self.n_heads, -1))
        stacked = torch.stack(weights, dim=1).flatten(0, 2)  # (H, P, C, D) -> (P * D, D)
        return linear(x, stacked, torch.stack(biases, dim=1).flatten())

    def _heads(self, x: Tensor) -> tuple[Tensor, ...]:
        """(S, K, P * D) -> P times (K, H, S, C)."""
        head_dim = self.value.out_features // self.n_heads
        return x.view(*x.shape[:2], self.n_heads, -1, head_dim).permute(3, 1, 2, 0, 4).unbind()

    def _join(self, heads: Tensor) -> Tensor:
        """(K, H, S, C) -> (S, K, D)."""
        return heads.permute(2, 0, 1, 3).flatten(2)

    def _attend_in_pieces(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        """`_attend` for long dialogues, some queries at a time: memory is linear in their length.

        The weights of a piece are computed again for its gradient, by the same random bits.
        """
        size = max(1, MAX_WEIGHTS // (q.shape[0] * q.shape[1] * k.shape[2]))
        queries = torch.split(q, size, dim=2)
        biases: Sequence[Tensor | None] = [bias] * len(queries)
        if bias is not None and bias.shape[2] > 1:
            biases = torch.split(bias, size, dim=2)

        if not torch.is_grad_enabled():
            pieces = [self._mix(piece, k, v, b) for piece, b in zip(queries, biases, strict=True)]
        else:
            pieces = [
                checkpoint(self._mix, piece, k, v, b, use_reentrant=False)
                for piece, b in zip(queries, biases, strict=True)
            ]
        return torch.cat(pieces, dim=2)

    def _mix(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        return self._attend(q, k, v, bias)[0]

    def _attend(
        self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """(K, H, S, C) each, queries scaled -> mixed values (K, H, S, C), weights (K, H, S, S).

        Written out: for a bias that needs a gradient torch's fused kernels fall back to a slower
        form of the same on a CPU.
        """
        mix_map = q @ k.transpose(2, 3)
        if bias is not None:
            mix_map += bias.to(q.dtype)
        weights = torch.softmax(mix_map, dim=-1)
        return self.dropout(weights) @ v, weights


def masked_biases(biases: Sequence[Tensor], layout: Layout) -> list[Tensor]:
    """Add the mask of padded keys to one bias per bucket."""
    return [
        bias if bucket.key_bias is None else bias + bucket.key_bias.to(bias.dtype)
        for bias, bucket in zip(biases, layout.buckets, strict=True)
    ]


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """softmax(q k^T / sqrt(C) + mask) v of (K, H, S, C); a bool mask is True where a key is read.

    Written out on a GPU, up to a size: torch's fused kernels there may sum gradients in any order.
    """
    if query.device.type != "cpu" and query.shape[:3].numel() * key.shape[2] <= MOST_WRITTEN_OUT:
        return attend_written_out(query, key, value, mask)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)


def attend_written_out(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """`attend` by products and a softmax."""
    scores = (query / math.sqrt(query.shape[3])) @ key.transpose(2, 3)
    if mask is not None:
        is_bool = mask.dtype == torch.bool
        scores = (
            scores.masked_fill(~mask, -torch.inf) if is_bool else scores + mask.to(scores.dtype)
        )
    return scores.softmax(dim=-1) @ value


class FeedForward(nn.Module):
    """Linear D -> ratio D, GELU, dropout, Linear back, dropout (reading.md A.2)."""

    def __init__(self, dim: int, ratio: float, dropout: float) -> None:
        super().__init__()
        self.expand = Linear(dim, round(dim * ratio))
        self.contract = Linear(round(dim * ratio), dim)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(N, D) -> (N, D)."""
        hidden = self.dropout(linear_gelu(x, self.expand.weight, self.expand.bias))
        return self.dropout(self.contract(hidden))


def convolve(
    x: Tensor, layout: Layout, weight: Tensor, bias: Tensor | None, groups: int = 1
) -> Tensor:
    """Conv1d of odd width over time, zeros beyond either end of a dialogue: (N, D) -> (N, O)."""
    half = weight.shape[2] // 2
    line = layout.to_line(x, gap=half).t().unsqueeze(0)
    return layout.from_line(F.conv1d(line, weight, bias, groups=groups).squeeze(0).t(), gap=half)
