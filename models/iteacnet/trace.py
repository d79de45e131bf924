"""What a network keeps for figures where it is asked to: attention, ECCE, routers' weights.

Off the fast path: without a trace nothing of this is stored. Shapes: B dialogues of T utterances,
H heads, E = 1 or H, O candidates; zero where there is no utterance.
"""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from models.fast.layout import Layout

Trace = Literal["all", "routers"]  # what to keep; "routers": no (T, T) map of any layer


@dataclass
class BlockTrace:
    """One block of one modality while it runs; maps come one per bucket."""

    attention: list[Tensor] | None  # None: not kept
    router: Tensor | None = None  # (N, O)


@dataclass(frozen=True)
class LayerTrace:
    """One encoder layer, by modality. What a layer does not have is not in its mapping."""

    attention: dict[str, Tensor]  # (B, H, T, T) weights of self-attention; row = query (Eq. 11)
    context: dict[str, Tensor]  # (B, E, T, T) ECCE bias E_m (Eq. 1, Eq. 10)
    router: dict[str, Tensor]  # (B, T, O) weights of the candidates (Eq. 8)


def layer_trace(
    layout: Layout, blocks: dict[str, BlockTrace], contexts: dict[str, list[Tensor]]
) -> LayerTrace:
    """Unpack what the blocks of a layer have left, and the biases that they were given."""
    return LayerTrace(
        attention={m: layout.unpack_maps(b.attention) for m, b in blocks.items() if b.attention},
        context={
            m: layout.unpack_maps([part.detach() for part in parts])
            for m, parts in contexts.items()
        },
        router={m: layout.unpack(b.router) for m, b in blocks.items() if b.router is not None},
    )
