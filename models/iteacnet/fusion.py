"""Cross-modal fusion into one hub modality, text: paper "Encoder Layer", Eq. 7, reading.md A.2.

"parallel": text + MHA_a(text^, audio^) + MHA_v(text^, visual^), both from the same normed text.
"sequential": audio first, then visual from the text that audio has changed.
"aligned" is ours: as "parallel", and each other modality's own row is added by a Linear of its own.
Keys have no position, so attention alone tells an utterance of its own voice and face no more than
of anybody's: without its text all it gets, in the paper's forms, is a mean over the dialogue.
Where the task has no text the hub is its first modality.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from models.fast.layout import Layout
from models.fast.products import Linear
from models.iteacnet.settings import FusionKind
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
        kind: FusionKind,
    ) -> None:
        super().__init__()
        self.hub = hub_of(modalities)
        self.kind = kind

        others = [name for name in modalities if name != self.hub]
        self.attentions = nn.ModuleDict(
            {name: MultiHeadAttention(dim, n_heads, dropout) for name in others}
        )

        normed = modalities if others else ()  # one modality: nothing to fuse, nothing to norm
        self.norms = nn.ModuleDict({name: nn.LayerNorm(dim) for name in normed})
        aligned = others if kind == "aligned" else ()
        self.own_rows = nn.ModuleDict({name: Linear(dim, dim) for name in aligned})

    def forward(self, x: Mapping[str, Tensor], layout: Layout) -> Tensor:
        """Rows (N, D) of each modality -> fused rows (N, D) of the hub, this layer's H."""
        hub = x[self.hub]
        query: Tensor | None = None
        for name, attention in self.attentions.items():
            if query is None or self.kind == "sequential":
                query = self.norms[self.hub](hub)
            source = self.norms[name](x[name])
            hub = hub + attention(query, source, layout)
            if self.kind == "aligned":
                hub = hub + self.own_rows[name](source)
        return hub
