"""Settings of ITEACNet: every choice that the paper leaves open or ablates; defaults are its own.

Meanings: reading.md A.3, A.4 and E.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from models.settings import Count, Dropout, Limits, Positive, Weight
from models.vocabulary import RegressionLoss

Framework = Literal["its", "gcnet", "teacher_only"]
FRAMEWORKS: tuple[Framework, ...] = get_args(Framework)
FusionKind = Literal["parallel", "sequential", "aligned"]
Mixer = Literal[
    "attention",
    "time_mlp",
    "average_pool",
    "max_pool",
    "identity",
    "depthwise_conv",
    "pointwise",
    "average_pool_minus_input",
    "time_linear",
]
# Candidate sets of the token mixer. The paper names six and lists none: `iteach4` is the set of
# the public implementation and meets the published parameter count; `burger6` is that of
# BurgerFormer, which the paper cites, turned to one dimension (reading.md A.4).
CANDIDATE_SETS: Mapping[str, tuple[Mixer, ...]] = {
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


@dataclass(frozen=True, kw_only=True)
class ContextSettings:
    """ECCE, the emotion context changing encoder."""

    local: Literal["dense", "shared_softmax", "off"] = "dense"
    """Local context: a convolution of all channels, softmax weights that they share, or none."""
    is_global: bool = True
    """Global context; false: no ECCE at all, plain self-attention."""
    kernel: Count = 7
    """Utterances that the local context looks at."""
    band: Count = 30
    """A segment mean is kept where |i - j| <= band, inclusive."""
    per_head: bool = False
    """Eight contexts, one for each head, instead of one."""
    per_layer: bool = False
    """Computed anew in every layer from its input."""
    dropout: Dropout = 0.5
    """Dropout of the context."""


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """One encoder-decoder of ITEACNet: teacher or student."""

    encoder: Literal["transformer", "nas"]
    """Transformer: attention in every layer; nas: a router over `mixers`."""
    n_layers: Count
    """Layers of the encoder."""
    dropout: Dropout
    """Dropout of the encoder."""
    mixers: Literal["iteach4", "burger6"] | tuple[Mixer, ...] = "iteach4"
    """Candidates of nas: attention, time MLP, two poolings; BurgerFormer's six; or a list."""
    router: Literal["linear", "none"] = "linear"
    """Weights of the candidates by utterance, or all alike."""

    @property
    def candidates(self) -> tuple[Mixer, ...]:
        """The candidate set O of Eq. 9; the Transformer has self-attention alone."""
        if self.encoder == "transformer":
            return ("attention",)
        return CANDIDATE_SETS[self.mixers] if isinstance(self.mixers, str) else self.mixers

    @property
    def has_router(self) -> bool:
        """Whether candidates are weighed by a linear router; the Transformer's is the identity."""
        return self.encoder == "nas" and self.router == "linear"


@dataclass(frozen=True, kw_only=True)
class IteacnetSettings:
    """`methods.<name>.settings` of model iteacnet: networks, framework, losses, rates."""

    framework: Framework = "its"
    """Teacher and student; one network on complete and incomplete data; one on complete data."""
    teacher: NetworkSettings = NetworkSettings(encoder="transformer", n_layers=3, dropout=0.5)
    """The network that sees complete data."""
    student: NetworkSettings = NetworkSettings(encoder="nas", n_layers=4, dropout=0.0)
    """The network that sees incomplete data, and that is tested."""
    context: ContextSettings = ContextSettings()
    """ECCE, the context of an utterance in its dialogue."""
    hidden_dim: Count = 128
    """Width of the networks."""
    n_heads: Count = 8
    """Heads of attention; they share out `hidden_dim`."""
    ffn_ratio: Positive = 4.0
    """Width of the feed-forward blocks, times `hidden_dim`."""
    fusion: FusionKind = "parallel"
    """Text asks audio and vision at once, or one after the other, each with the sum so far. Aligned
    is not the paper's: at once, and an utterance's own voice and face reach its text row, so that
    they are heard where there is no text (one Linear a modality and layer)."""
    padding: Literal["exact", "published"] = "exact"
    """Published: attention alone ignores padding."""
    regression_loss: RegressionLoss = "mse"
    """Squared as in Eq. 13, or absolute as in the paper's text."""
    imputation_weights: tuple[Weight, ...] = (0.5, 0.1, 0.05)
    """Weights of the distances at H1, H2, H3 (Eq. 14)."""
    imputation_rows: Literal["missing", "all"] = "missing"
    """The distances count for utterances that lack something, or for all."""
    learning_rate: Positive = 5e-4
    """Learning rate of the networks."""
    router_learning_rate: Positive = 5e-3
    """Learning rate of the routers."""
    weight_decay: Weight = 1e-5
    """Weight decay of both."""
    batch_size: Count = 32
    """Dialogues in a step."""
    label_smoothing: Annotated[float, Limits(ge=0, lt=1)] = 0.0
    """Share of a label that is spread over all classes; not the paper's above 0."""
    averaging: Annotated[float, Limits(gt=0, le=1)] = 1.0
    """Share of the newest weights in a running mean of the weights, corrected for its beginning,
    that predicts in their place; 1 = no mean, as in the paper."""
