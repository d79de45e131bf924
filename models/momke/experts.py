"""MoMKE's experts: attention over a dialogue's rows of one modality, without norm or position.

Shapes: N packed rows of D values; a bucket holds K sequences of S steps, H heads of C values.
"""

from torch import Tensor, nn

from models.fast.layout import Bucket, Layout
from models.fast.products import Linear
from models.layers import FeedForward, attend


class ExpertLayer(nn.Module):
    """x + y + MLP(y), y = softmax(q k^T / sqrt(C)) v: no output projection, an MLP of width D."""

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        if dim % n_heads:
            raise ValueError(f"hidden_dim={dim} is not a multiple of n_heads={n_heads}")
        self.n_heads = n_heads
        self.query, self.key, self.value = (Linear(dim, dim) for _ in range(3))
        self.feed_forward = FeedForward(dim, 1.0, dropout)

    def forward(self, x: Tensor, layout: Layout) -> Tensor:
        """(N, D) -> (N, D)."""
        projected = (layout.padded(linear(x)) for linear in (self.query, self.key, self.value))
        parts = zip(layout.buckets, *projected, strict=True)
        mixed = layout.joined([self._attend(bucket, *part) for bucket, *part in parts])
        return x + mixed + self.feed_forward(mixed)

    def _attend(self, bucket: Bucket, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(S, K, D) each -> (S, K, D)."""
        size = (*query.shape[:2], self.n_heads, -1)
        q, k, v = (part.view(size).permute(1, 2, 0, 3) for part in (query, key, value))
        mixed = attend(q, k, v, bucket.key_bias)
        return mixed.permute(2, 0, 1, 3).flatten(2)


class Expert(nn.Module):
    """Layers one after the other."""

    def __init__(self, dim: int, n_layers: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(ExpertLayer(dim, n_heads, dropout) for _ in range(n_layers))

    def forward(self, x: Tensor, layout: Layout) -> Tensor:
        """(N, D) -> (N, D)."""
        for layer in self.layers:
            x = layer(x, layout)
        return x
