"""Late fusion: a linear model for each modality, and the mean of what those say that are there.

    p_t = 1 / |U_t| sum over m in U_t of softmax(W_m x_m,t + b_m)      (numbers: without softmax)

It gives log p_t, logits of these probabilities. An utterance without any modality has the prior of
the classes, or the mean. How the models are fitted says models/linear_learner.py.

Shapes: B dialogues, T utterances, C outputs.
"""

from torch import Tensor

from models.batch import ConversationBatch
from models.late_fusion.settings import LateFusionSettings
from models.learner import Learner, TaskShape
from models.linear import NEVER
from models.linear_learner import LinearLearner


class LateFusionLearner(LinearLearner):
    """One model for each modality."""

    def __init__(self, settings: LateFusionSettings, shape: TaskShape) -> None:
        super().__init__([(name,) for name in shape.feature_dims], settings, shape)

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) logarithms of mean probabilities, or mean numbers."""
        is_regression = self.shape.kind == "regression"
        total = self.prior.new_zeros(batch.valid.numel(), self.shape.n_outputs)
        n_there = self.prior.new_zeros(batch.valid.numel(), 1)
        for names in self.sets:
            cells = self.having(names, batch).nonzero().squeeze(1)
            said = self.outputs(names, batch, cells)
            total = total.index_add(0, cells, said if is_regression else said.softmax(dim=-1))
            n_there = n_there.index_add(0, cells, n_there.new_ones(len(cells), 1))
        mean = total / n_there.clamp(min=1)
        told = mean if is_regression else mean.log().clamp(min=NEVER)
        return told.where(n_there > 0, self.prior).view(*batch.valid.shape, -1)


def build(settings: LateFusionSettings, shape: TaskShape) -> Learner:
    """Build the models for a task."""
    return LateFusionLearner(settings, shape)
