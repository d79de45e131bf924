"""Settings that AE, CRA and MMIN share: networks over single utterances."""

from dataclasses import dataclass

from models.settings import Count, Dropout, Positive, Weight


@dataclass(frozen=True, kw_only=True)
class UtteranceSettings:
    """What ae, cra and mmin share: optimisation and encoders of single utterances."""

    hidden_dim: Count = 128
    """Width of every fully connected part, and of one encoded modality."""
    dropout: Dropout = 0.5
    """Dropout of the fully connected parts."""
    learning_rate: Positive = 1e-3
    """Learning rate."""
    decay_after: Count | None = 20
    """Epochs at the full learning rate before it falls; null = constant."""
    max_grad_norm: Positive | None = 5.0
    """Largest norm of a gradient, per sub-network; null = no clipping."""
    batch_size: Count = 256
    """Utterances in a step."""


@dataclass(frozen=True, kw_only=True)
class ImputationSettings(UtteranceSettings):
    """What ae and cra share: the weight of what they fill in."""

    reconstruction_weight: Weight
    """Weight of the reconstruction."""
