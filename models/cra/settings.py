"""Settings of CRA; defaults as published."""

from dataclasses import dataclass

from models.settings import Count, Weight
from models.utterance_settings import ImputationSettings


@dataclass(frozen=True, kw_only=True)
class CraSettings(ImputationSettings):
    """`methods.<name>.settings` of model cra."""

    layers: tuple[Count, ...] = (256, 128)
    """Widths of an autoencoder on the way down."""
    n_blocks: Count = 3
    """Residual autoencoders in a row."""
    reconstruction_weight: Weight = 0.8
    """Weight of the reconstruction."""
