"""Settings of AE; defaults as published."""

from dataclasses import dataclass

from models.settings import Count, Weight
from models.utterance_settings import ImputationSettings


@dataclass(frozen=True, kw_only=True)
class AutoencoderSettings(ImputationSettings):
    """`methods.<name>.settings` of model ae."""

    layers: tuple[Count, ...] = (256, 128)
    """Widths of the autoencoder on the way down."""
    reconstruction_weight: Weight = 0.2
    """Weight of the reconstruction."""
