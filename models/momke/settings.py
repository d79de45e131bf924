"""Settings of MoMKE; defaults as published for IEMOCAP."""

from dataclasses import dataclass

from models.settings import Count, Dropout, Positive, Weight


@dataclass(frozen=True, kw_only=True)
class MomkeSettings:
    """`methods.<name>.settings` of model momke."""

    hidden_dim: Count = 256
    """Width of the experts."""
    n_layers: Count = 4
    """Layers of an expert."""
    n_heads: Count = 2
    """Heads of attention; they share out `hidden_dim`."""
    dropout: Dropout = 0.5
    """Dropout of projections, experts, routers and the joint layer."""
    expert_epochs: Count = 100
    """Epochs in which each expert is trained on its own modality alone."""
    learning_rate: Positive = 1e-4
    """Learning rate."""
    weight_decay: Weight = 1e-5
    """Weight decay."""
    batch_size: Count = 16
    """Dialogues in a step."""
