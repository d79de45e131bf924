"""What an ITEACNet network can be told: every choice that the paper leaves open or ablates.

Meanings and defaults: reading.md A.3, A.4 and E. The learner builds these from its plain settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from models.fast.layout import Padding

# Candidate sets of the token mixer. The paper names six and lists none: `iteach4` is the set of
# the public implementation and meets the published parameter count; `burger6` is that of
# BurgerFormer, which the paper cites, turned to one dimension (reading.md A.4).
CANDIDATE_SETS: Mapping[str, tuple[str, ...]] = {
    "iteach4": ("attention", "time_mlp", "average_pool", "max_pool"),
    "burger6": (
        "identity",
        "depthwise_conv",
        "pointwise",
        "average_pool_minus_input",
        "attention",
        "time_linear",
    ),
}


@dataclass(frozen=True)
class ContextOptions:
    """ECCE: how local context is encoded, how far global context reaches, what it biases."""

    local: Literal["dense", "shared_softmax", "off"] = "dense"
    is_global: bool = True  # False: no ECCE, plain self-attention
    kernel: int = 7  # w of Eq. 5, odd
    band: int = 30  # dist_m of Algorithm 1; |i - j| <= band keeps a segment mean
    per_head: bool = False  # d_e = n_heads instead of 1
    per_layer: bool = False  # an encoder of its own for each layer, fed with that layer's input
    dropout: float = 0.5


@dataclass(frozen=True)
class NetworkOptions:
    """One network, teacher or student."""

    encoder: Literal["transformer", "nas"]
    n_layers: int
    dropout: float
    mixers: str | tuple[str, ...] = "iteach4"  # candidates of the NAS encoder
    router: Literal["linear", "none"] = "linear"
    context: ContextOptions = ContextOptions()
    hidden_dim: int = 128
    n_heads: int = 8
    ffn_ratio: float = 4.0
    fusion: Literal["parallel", "sequential"] = "parallel"
    padding: Padding = "exact"

    @property
    def candidates(self) -> tuple[str, ...]:
        """The candidate set O of Eq. 9; the Transformer has self-attention alone."""
        if self.encoder == "transformer":
            return ("attention",)
        return CANDIDATE_SETS[self.mixers] if isinstance(self.mixers, str) else tuple(self.mixers)

    @property
    def has_router(self) -> bool:
        """Whether candidates are weighed by a linear router; the Transformer's is the identity."""
        return self.encoder == "nas" and self.router == "linear"

    @property
    def has_context(self) -> bool:
        """ECCE guides attention only (Eq. 10): without attention there is nothing to guide."""
        return self.context.is_global and "attention" in self.candidates


def network_options(settings: Mapping[str, Any], role: str) -> NetworkOptions:
    """Options of `role`, "teacher" or "student", out of the method's settings."""
    own = dict(settings[role])
    shared = ("hidden_dim", "n_heads", "ffn_ratio", "fusion", "padding")
    if not isinstance(own["mixers"], str):
        own["mixers"] = tuple(own["mixers"])
    return NetworkOptions(
        **own,
        **{name: settings[name] for name in shared},
        context=ContextOptions(**settings["context"]),
    )
