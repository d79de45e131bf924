"""A regularised linear model for each pattern of modalities: up to seven, blind to context.

With the modalities that an utterance has, U_t, out of those of the task:

    logits_t = W_{U_t} [x_m,t for m in U_t] + b_{U_t}

so that nothing is imputed and no zero stands for what is missing. An utterance without any has the
prior of the classes, or the mean. How the models are fitted says models/linear_learner.py.

Shapes: B dialogues, T utterances, C outputs.
"""

from torch import Tensor

from models.batch import ConversationBatch
from models.learner import Learner, TaskShape
from models.linear_learner import LinearLearner, subsets
from models.logistic.settings import LogisticSettings
from models.vocabulary import MODALITIES


class LogisticLearner(LinearLearner):
    """The model of exactly what an utterance has."""

    def __init__(self, settings: LogisticSettings, shape: TaskShape) -> None:
        there = list(shape.feature_dims)
        read = [
            modality
            for modality in there
            if modality in settings.modalities or not settings.modalities
        ]
        if not read:
            raise ValueError(
                f"logistic: the task has {there}, none of {list(settings.modalities)}: change "
                "`modalities` of the method, or of the task"
            )
        super().__init__(list(subsets(read)), settings, shape)
        self.read = read

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) logits or numbers."""
        found = self.prior.repeat(batch.valid.numel(), 1)
        columns = [MODALITIES.index(name) for name in self.read]
        usable = batch.usable[..., columns].flatten(0, 1)
        for names in self.sets:
            pattern = usable.new_tensor([name in names for name in self.read])
            cells = (usable == pattern).all(dim=1).nonzero().squeeze(1)
            found = found.index_copy(0, cells, self.outputs(names, batch, cells))
        return found.view(*batch.valid.shape, -1)


def build(settings: LogisticSettings, shape: TaskShape) -> Learner:
    """Build the models for a task."""
    return LogisticLearner(settings, shape)
