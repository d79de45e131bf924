"""Settings of MMIN; defaults as published."""

from dataclasses import dataclass

from models.settings import Count, Dropout, Weight
from models.utterance_settings import UtteranceSettings


@dataclass(frozen=True, kw_only=True)
class MminSettings(UtteranceSettings):
    """`methods.<name>.settings` of model mmin."""

    layers: tuple[Count, ...] = (256, 128, 64)
    """Widths of an imagination block on the way down."""
    n_blocks: Count = 5
    """Imagination blocks in a row."""
    imagination_weight: Weight = 4.0
    """Weight of the forward imagination."""
    cycle_weight: Weight = 2.0
    """Weight of the way back."""
    pretrain_dropout: Dropout = 0.3
    """Dropout while the encoders are trained on complete data."""
    pretrain_epochs: Count = 100
    """Epochs of that."""
