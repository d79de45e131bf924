"""One encoder layer: a MetaFormer block for each modality, then fusion (paper Figure 2, reading.md
A.2).

A block, pre-norm: x + Mixer(LN(x)), then x + FeedForward(LN(x)). With several candidates and a
router it is the paper's "NAS", with self-attention alone and no router its "Transformer": the
same code, so that the two are equal where they should be.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from models.fast.layout import Layout
from models.iteacnet.fusion import Fusion
from models.iteacnet.router import RoutedMixer, Router
from models.iteacnet.settings import IteacnetSettings, NetworkSettings
from models.iteacnet.token_mixers import build_mixer
from models.iteacnet.trace import BlockTrace
from models.layers import Biases, FeedForward


class MetaFormerBlock(nn.Module):
    """A MetaFormer block, the paper's ITEAC Encoder of one modality."""

    def __init__(
        self, settings: IteacnetSettings, own: NetworkSettings, max_utterances: int
    ) -> None:
        super().__init__()
        dim, names = settings.hidden_dim, own.candidates
        candidates = [
            build_mixer(name, dim, settings.n_heads, own.dropout, max_utterances) for name in names
        ]
        router = Router(dim, len(names)) if own.has_router else None
        self.mixer_norm = nn.LayerNorm(dim)
        self.mixer = RoutedMixer(candidates, router)
        self.feed_forward_norm = nn.LayerNorm(dim)
        self.feed_forward = FeedForward(dim, settings.ffn_ratio, own.dropout)

    def forward(
        self, x: Tensor, layout: Layout, biases: Biases | None, trace: BlockTrace | None = None
    ) -> Tensor:
        """(N, D) -> (N, D)."""
        x = x + self.mixer(self.mixer_norm(x), layout, biases, trace)
        return x + self.feed_forward(self.feed_forward_norm(x))


class EncoderLayer(nn.Module):
    """Blocks of all modalities, then their fusion; the others pass on unfused."""

    def __init__(
        self,
        modalities: Sequence[str],
        settings: IteacnetSettings,
        own: NetworkSettings,
        max_utterances: int,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleDict(
            {name: MetaFormerBlock(settings, own, max_utterances) for name in modalities}
        )
        self.fusion = Fusion(
            modalities, settings.hidden_dim, settings.n_heads, own.dropout, settings.fusion
        )

    def forward(
        self,
        x: Mapping[str, Tensor],
        layout: Layout,
        biases: Mapping[str, Biases],
        traces: Mapping[str, BlockTrace] | None = None,
    ) -> dict[str, Tensor]:
        """Rows (N, D) by modality -> the same; the hub's are this layer's H."""
        out = {}
        for name, block in self.blocks.items():
            trace = None if traces is None else traces[name]
            out[name] = block(x[name], layout, biases.get(name), trace)
        out[self.fusion.hub] = self.fusion(out, layout)
        return out
