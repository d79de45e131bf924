"""The floor: the shares of the classes among the training labels, or their mean, for everything.

No feature is read. The commonest class wins everywhere; for numbers the mean is what no constant
beats in squared error. Tables have the commonest class without this method; with it a regression
has the mean, and both have probabilities.

Shapes: B dialogues, T utterances, C outputs.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.learner import Learner, Loss, Phase, TaskShape
from models.linear import prior
from models.losses import task_loss
from models.prior.settings import PriorSettings


class PriorLearner(Learner):
    """C values."""

    batching = "full"
    masks = "per_run"

    def __init__(self, shape: TaskShape) -> None:
        super().__init__()
        self.shape = shape
        self.prior = nn.Parameter(torch.zeros(shape.n_outputs))

    def phases(self) -> Sequence[Phase]:
        """One look at the training labels; nothing is stepped."""
        return [Phase("fit", [], n_epochs=1, is_complete=True)]

    def count_parameters(self) -> int:
        """C."""
        return self.prior.numel()

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Count, and the loss of what came out."""
        labels = batch.labels[batch.valid].cpu()
        with torch.no_grad():
            self.prior.copy_(prior(labels, self.shape.kind, self.shape.n_outputs))
        return Loss(task_loss(self.predict(batch), batch, self.shape.kind))

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C), the same everywhere."""
        return self.prior.expand(*batch.valid.shape, -1)


def build(settings: PriorSettings, shape: TaskShape) -> Learner:
    """Build it for a task."""
    return PriorLearner(shape)
