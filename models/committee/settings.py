"""Settings of the committee: one preset for every corpus, chosen inside training data alone."""

from dataclasses import dataclass
from typing import Annotated

from models.settings import Count, Dropout, Limits, Positive, Weight


@dataclass(frozen=True, kw_only=True)
class CommitteeSettings:
    """`methods.<name>.settings` of model committee (docs/recipe.md says how they were chosen)."""

    n_members: Count = 4
    """Networks that are trained side by side and asked together."""
    hidden_dim: Count = 64
    """Width of a member."""
    clip: Positive | None = 5.0
    """Features are cut at this distance from 0: made for `protocol.standardize`, whose outliers
    these are; null = never."""
    dropout: Dropout = 0.5
    """Dropout of what a member makes of an utterance, and of its context."""
    dialogue_dropout: Dropout = 0.1
    """Share of the dialogues that a modality is hidden from as a whole, for each member by itself,
    in training, besides what the protocol withholds; never all modalities of a dialogue."""
    label_smoothing: Annotated[float, Limits(ge=0, lt=1)] = 0.1
    """Share of a label that is spread over all classes."""
    averaging: Annotated[float, Limits(gt=0, le=1)] = 0.02
    """Share of the newest weights in the running mean that predicts; 1 = no mean."""
    n_epochs: Count | None = None
    """Epochs, whatever `train.n_epochs` is; null = 24, or 40 where more than 2,000 utterances
    train. None is selected: the last one stands."""
    learning_rate: Positive = 2e-3
    """Learning rate of the first epoch; it falls linearly towards 0."""
    weight_decay: Weight = 0.02
    """Weight decay."""
    max_grad_norm: Positive | None = 2.0
    """Largest norm of the gradient over all members; null = no clipping."""
    batch_size: Count = 8
    """Dialogues in a step."""
