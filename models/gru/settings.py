"""Settings of the GRU."""

from dataclasses import dataclass

from models.settings import Count, Dropout, Positive, Weight


@dataclass(frozen=True, kw_only=True)
class GruSettings:
    """`methods.<name>.settings` of model gru."""

    hidden_dim: Count = 64
    """Width of a projected modality, and units of the GRU in each direction."""
    dropout: Dropout = 0.5
    """Dropout before the GRU and of what it says."""
    modality_dropout: Dropout = 0.3
    """Share of the modalities at hand that a training step hides besides what the protocol
    withholds; each utterance keeps one."""
    learning_rate: Positive = 1.5e-3
    """Learning rate."""
    weight_decay: Weight = 0.01
    """Weight decay."""
    max_grad_norm: Positive | None = 1.0
    """Largest norm of the gradient; null = no clipping."""
    batch_size: Count = 8
    """Dialogues in a step."""
