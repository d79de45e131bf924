"""Settings of GCNet; defaults as published."""

from dataclasses import dataclass

from models.settings import Count, Dropout, Positive, Weight


@dataclass(frozen=True, kw_only=True)
class GcnetSettings:
    """`methods.<name>.settings` of model gcnet."""

    hidden_dim: Count = 200
    """Width of the recurrent and graph layers."""
    window_past: Count = 2
    """Utterances before an utterance that the graph links it to."""
    window_future: Count = 2
    """Utterances after an utterance that the graph links it to."""
    time_attention: bool = False
    """Attention over the dialogue, after the recurrent layers. The authors' README and all eight
    runs of their run.sh go without; only the grid that they searched holds both."""
    dropout: Dropout = 0.5
    """Dropout of the recurrent layers and heads."""
    reconstruction_weight: Weight = 1.0
    """Weight of the reconstruction of what is missing."""
    idle_parts: bool = False
    """Instantiate the published code's idle GRU and attention: for the parameter count only."""
    learning_rate: Positive = 1e-3
    """Learning rate."""
    weight_decay: Weight = 1e-5
    """Weight decay."""
    batch_size: Count = 32
    """Dialogues in a step."""
