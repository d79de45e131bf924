"""Settings of ComP; defaults as its public code names them for CMU-MOSI."""

from dataclasses import dataclass
from typing import Annotated

from models.settings import Count, Dropout, Limits, Positive, Weight


@dataclass(frozen=True, kw_only=True)
class CompSettings:
    """`methods.<name>.settings` of model comp."""

    hidden_dim: Count = 256
    """Width of a modality's branch."""
    n_layers: Count = 4
    """Layers of attention of a branch; half of them, rounded down, come before the second
    prompts."""
    n_heads: Count = 2
    """Heads of attention; they share out `hidden_dim`."""
    n_prototypes: Count = 10
    """Prototypes that a dialogue is summed up in, for each modality."""
    prompt_dim: Count = 16
    """Width of a prompt."""
    prompt_memory: Annotated[float, Limits(ge=0, le=1)] = 0.3
    """Share of a received prompt that stays when the second one comes."""
    dropout: Dropout = 0.5
    """Dropout of everything but attention."""
    expert_epochs: Count = 150
    """Epochs in which each branch is trained by itself."""
    learning_rate: Positive = 1e-4
    """Learning rate."""
    weight_decay: Weight = 1e-5
    """Weight decay."""
    batch_size: Count = 32
    """Dialogues in a step."""
