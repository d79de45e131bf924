"""Settings of CPM-Net; defaults as published."""

from dataclasses import dataclass

from models.settings import Count, Positive, Weight


@dataclass(frozen=True, kw_only=True)
class CpmnetSettings:
    """`methods.<name>.settings` of model cpmnet."""

    code_dim: Count = 128
    """Values of the latent code of an utterance."""
    class_weight: Weight = 1.0
    """Weight of the classification loss, lambda."""
    train_epochs: Count = 30
    """Epochs of training."""
    test_epochs: Count = 300
    """Epochs in which the codes of new utterances are found."""
    steps: Count = 5
    """Steps of each optimiser in an epoch."""
    decoder_learning_rate: Positive = 1e-3
    """Learning rate of the decoders."""
    code_learning_rate: Positive = 1e-2
    """Learning rate of the codes in training."""
    test_learning_rate: Positive = 1e-3
    """Learning rate of the codes of new utterances."""
