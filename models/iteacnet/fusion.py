"""Cross-modal fusion into one hub modality, text: paper "Encoder Layer", Eq. 7, reading.md A.2.

"parallel": text + MHA_a(text^, audio^) + MHA_v(text^, visual^), both from the same normed text.
"sequential": audio first, then visual from the text that audio has changed.
Where the task has no text the hub is its first modality.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from torch import Tensor, nn

from models.fast.layout import Layout
from models.layers import MultiHeadAttention


def hub_of(modalities: Sequence[str]) -> str:
    """The modality that the others are fused into."""
    return "text" if "text" in modalities else modalities[0]


class Fusion(nn.Module):
    """The hub attends to every other modality; no feed-forward, no ECCE."""

    def __init__(
        self,
        modalities: Sequence[str],
        dim: int,
        n_heads: int,
        dropout: float,
        order: Literal["parallel", "sequential"],
    ) -> None:
        super().__init__()
        self.hub = hub_of(modalities)
        self.is_parallel = order == "parallel"
        others = [name for name in modalities if name != self.hub]
        self.attentions = nn.ModuleDict(
            {name: MultiHeadAttention(dim, n_heads, dropout) for name in others}
        )
        normed = modalities if others else ()  # one modality: nothing to fuse, nothing to norm
        self.norms = nn.ModuleDict({name: nn.LayerNorm(dim) for name in normed})

    def forward(self, x: Mapping[str, Tensor], layout: Layout) -> Tensor:
        """Rows (N, D) of each modality -> fused rows (N, D) of the hub, this layer's H."""
        hub = x[self.hub]
        query: Tensor | None = None
        for name, attention in self.attentions.items():
            if query is None or not self.is_parallel:
                query = self.norms[self.hub](hub)
            hub = hub + attention(query, self.norms[name](x[name]), layout)
        return hub
