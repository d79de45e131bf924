"""What a run is given and what it gives back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.vocabulary import Selection
from pipeline.config.methods import TrainRate
from pipeline.config.tasks import GeneratorName, ScoreName, TaskKind
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.index import IntArray
from pipeline.training.checkpoint import HistoryRow, State


@dataclass(frozen=True)
class TrainingData:
    """Dialogues by number in `conversations.index`; masks (R, N, 3), one per validation rate."""

    conversations: Conversations
    train: IntArray
    validation: IntArray
    validation_rates: tuple[str, ...]
    validation_masks: NDArray[np.bool_]
    kind: TaskKind
    score: ScoreName = "weighted_f1"  # that epochs are selected by


@dataclass(frozen=True)
class TrainOptions:
    """How long, at which missing rate, from which seed."""

    n_epochs: int
    rate: TrainRate
    generator: GeneratorName
    seed: int
    patience: int | None = None
    keep: Selection = "best"
    fixed: bool | None = None  # batches of few shapes, where the learner can; None: on a GPU


@dataclass(frozen=True)
class Outcome:
    """A finished run: the weights of its best epoch, or of its last one, and how it went."""

    weights: State
    history: list[HistoryRow]
    best_epoch: int
    best_score: float
    keeps_last: bool  # no epoch was selected: the last one is the best
