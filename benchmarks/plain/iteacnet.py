"""ITEACNet written for clarity only: padded, eager, nothing merged. Frozen; do not make it fast.

The yardstick of benchmarks/training.py and a second opinion for the tests of models/iteacnet.
Defaults of FACTS A.2-A.5 alone (`iteach4` or Transformer, linear router, dense ECCE, parallel
fusion). Parameters carry the names that models/iteacnet gives them, so that weights can be copied.

Shapes: B dialogues, T utterances of the longest, D hidden, H heads, O candidates.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.plain.ecce import ContextEncoder

MODALITIES = ("audio", "text", "visual")


class Attention(nn.Module):
    """Multi-head attention with an additive bias, PAPER Eq. 7, 10, 11."""

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query, self.key = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.value, self.output = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, source: Tensor, valid: Tensor, bias: Tensor | None) -> Tensor:
        """(B, T, D), (B, T, D), (B, T), (B, T, T) -> (B, T, D)."""
        q, k, v = (
            self._heads(self.query(x)),
            self._heads(self.key(source)),
            self._heads(self.value(source)),
        )
        logits = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        if bias is not None:
            logits = logits + bias[:, None]
        logits = logits.masked_fill(~valid[:, None, None, :], -torch.inf)
        mixed = self.dropout(torch.softmax(logits, dim=-1)) @ v
        return self.output(mixed.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.n_heads, -1)).transpose(1, 2)


class SelfAttention(nn.Module):
    """Candidate 1."""

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(dim, n_heads, dropout)

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        return self.attention(x, x, valid, bias)


class TimeMlp(nn.Module):
    """Candidate 2: pad to the longest dialogue of the corpus, two Linears over time, cut back."""

    def __init__(self, max_utterances: int) -> None:
        super().__init__()
        self.inward = nn.Linear(max_utterances, max_utterances)
        self.outward = nn.Linear(max_utterances, max_utterances)

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        n_steps = x.shape[1]
        x = torch.where(seen[:, :, None], x, 0.0).transpose(1, 2)
        x = F.pad(x, (0, self.inward.in_features - n_steps))
        return self.outward(F.gelu(self.inward(x)))[:, :, :n_steps].transpose(1, 2)


class AveragePool(nn.Module):
    """Candidate 3."""

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        there = seen[:, :, None].to(x.dtype)
        summed = F.avg_pool1d((x * there).transpose(1, 2), 3, 1, 1) * 3
        count = F.avg_pool1d(there.transpose(1, 2), 3, 1, 1) * 3
        return (summed / count.clamp(min=1)).transpose(1, 2)


class MaxPool(nn.Module):
    """Candidate 4."""

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        unseen = ~seen[:, :, None]
        x = x.masked_fill(unseen, torch.finfo(x.dtype).min)
        return F.max_pool1d(x.transpose(1, 2), 3, 1, 1).transpose(1, 2).masked_fill(unseen, 0.0)


class Router(nn.Module):
    """Eq. 8."""

    def __init__(self, dim: int, n_candidates: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, n_candidates)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, O)."""
        return torch.softmax(self.linear(x), dim=-1)


class Mixer(nn.Module):
    """Eq. 9."""

    def __init__(
        self, dim: int, n_heads: int, dropout: float, max_utterances: int, is_nas: bool
    ) -> None:
        super().__init__()
        candidates: list[nn.Module] = [SelfAttention(dim, n_heads, dropout)]
        if is_nas:
            candidates += [TimeMlp(max_utterances), AveragePool(), MaxPool()]
        self.candidates = nn.ModuleList(candidates)
        self.router = Router(dim, len(candidates)) if is_nas else None

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        outputs = [candidate(x, seen, valid, bias) for candidate in self.candidates]
        if self.router is None:
            return outputs[0]
        weights = self.router(x)
        return sum(weights[..., o, None] * output for o, output in enumerate(outputs))


class FeedForward(nn.Module):
    """Linear, GELU, dropout, Linear, dropout."""

    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.expand, self.contract = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        return self.dropout(self.contract(self.dropout(F.gelu(self.expand(x)))))


class Block(nn.Module):
    """A MetaFormer block."""

    def __init__(
        self, dim: int, n_heads: int, dropout: float, max_utterances: int, is_nas: bool
    ) -> None:
        super().__init__()
        self.mixer_norm, self.feed_forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer = Mixer(dim, n_heads, dropout, max_utterances, is_nas)
        self.feed_forward = FeedForward(dim, dropout)

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        x = x + self.mixer(self.mixer_norm(x), seen, valid, bias)
        return x + self.feed_forward(self.feed_forward_norm(x))


class Fusion(nn.Module):
    """Text attends to audio and to visual, both from the same normed text."""

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.attentions = nn.ModuleDict(
            {m: Attention(dim, n_heads, dropout) for m in ("audio", "visual")}
        )
        self.norms = nn.ModuleDict({m: nn.LayerNorm(dim) for m in MODALITIES})

    def forward(self, x: dict[str, Tensor], valid: Tensor) -> Tensor:
        """(B, T, D) each -> (B, T, D)."""
        text = self.norms["text"](x["text"])
        audio = self.attentions["audio"](text, self.norms["audio"](x["audio"]), valid, None)
        visual = self.attentions["visual"](text, self.norms["visual"](x["visual"]), valid, None)
        return x["text"] + audio + visual


class Layer(nn.Module):
    """Three blocks and a fusion."""

    def __init__(
        self, dim: int, n_heads: int, dropout: float, max_utterances: int, is_nas: bool
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleDict(
            {m: Block(dim, n_heads, dropout, max_utterances, is_nas) for m in MODALITIES}
        )
        self.fusion = Fusion(dim, n_heads, dropout)


class PlainIteacnet(nn.Module):
    """One network: a teacher (`is_nas` False, 3 layers) or a student (True, 4 layers).

    `is_exact`: time mixers do not see padding; otherwise they do, as in the published code.
    """

    def __init__(
        self,
        feature_dims: dict[str, int],
        n_outputs: int,
        max_utterances: int,
        *,
        is_nas: bool,
        n_layers: int,
        dropout: float,
        is_exact: bool,
        dim: int = 128,
        n_heads: int = 8,
    ) -> None:
        super().__init__()
        self.is_exact = is_exact
        self.projections = nn.ModuleDict({m: nn.Linear(feature_dims[m], dim) for m in MODALITIES})
        self.contexts = nn.ModuleList([nn.ModuleDict({m: ContextEncoder(dim) for m in MODALITIES})])
        self.layers = nn.ModuleList(
            Layer(dim, n_heads, dropout, max_utterances, is_nas) for _ in range(n_layers)
        )
        self.classifier = nn.Linear(dim, n_outputs)

    def forward(self, features: dict[str, Tensor], valid: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(B, T, D_m) zero where missing, (B, T) -> logits (B, T, C), [H_1, H_2, ...]."""
        seen = valid if self.is_exact else torch.ones_like(valid)
        x = {m: self.projections[m](features[m]) for m in MODALITIES}
        biases = {m: self.contexts[0][m](x[m], seen) for m in MODALITIES}
        hidden: list[Tensor] = []
        for layer in self.layers:
            x = {m: layer.blocks[m](x[m], seen, valid, biases[m]) for m in MODALITIES}
            x["text"] = layer.fusion(x, valid)
            hidden.insert(0, x["text"])
        return self.classifier(hidden[0]), hidden
