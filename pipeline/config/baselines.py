"""`methods.<name>.settings` of the baselines; defaults as published."""

from pipeline.config.networks import Count, Dropout, Positive, Weight
from pipeline.config.settings import Section


class GcnetSettings(Section):
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


class UtteranceSettings(Section):
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


class AutoencoderSettings(UtteranceSettings):
    """`methods.<name>.settings` of model ae."""

    layers: tuple[Count, ...] = (256, 128)
    """Widths of the autoencoder on the way down."""
    reconstruction_weight: Weight = 0.2
    """Weight of the reconstruction."""


class CraSettings(AutoencoderSettings):
    """`methods.<name>.settings` of model cra."""

    n_blocks: Count = 3
    """Residual autoencoders in a row."""
    reconstruction_weight: Weight = 0.8
    """Weight of the reconstruction."""


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


class CpmnetSettings(Section):
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
