"""`Imputation`, the learner that AE and CRA share: encode, complete the fused vector, decode.

reading.md B.6; the two differ only in the network in the middle. Utterances are seen alone, without
their dialogue. Loss = task + weight * reconstruction error of the missing modalities, the latter a
sum over the batch, as published. What was never extracted has no truth and is no target.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from models.batch import ConversationBatch
from models.fully_connected import (
    ByModality,
    FullyConnected,
    ModalityDecoders,
    ModalityEncoders,
    init_normal,
    optimizer_groups,
)
from models.learner import Loss, Phase, TaskShape
from models.losses import reconstruction_error, task_loss
from models.utterance_settings import ImputationSettings

BETAS = (0.5, 0.999)


class Imputation(ByModality):
    """Encoders -> middle (F -> F) -> classifier and decoders (legend in `fully_connected`)."""

    weighs_classes = True

    def __init__(self, middle: nn.Module, settings: ImputationSettings, shape: TaskShape) -> None:
        super().__init__()
        width, dropout = settings.hidden_dim, settings.dropout
        fused_dim = width * len(shape.feature_dims)
        self.encoders = ModalityEncoders(shape.feature_dims, width, dropout)
        self.middle = middle
        self.decoders = ModalityDecoders(fused_dim, shape.feature_dims, width, dropout)
        self.classifier = FullyConnected(fused_dim, width, shape.n_outputs, dropout)
        self.apply(init_normal)
        self.settings, self.kind = settings, shape.kind
        self.batch_size = settings.batch_size

    def phases(self) -> Sequence[Phase]:
        """One phase; every sub-network is clipped by itself."""
        networks = [
            *self.encoders.values(),
            self.middle,
            *self.decoders.values(),
            self.classifier,
        ]
        groups = optimizer_groups(networks, self.settings, BETAS)
        return [Phase("train", groups, decay_after=self.settings.decay_after)]

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Task + weight * reconstruction (reading.md B.6)."""
        completed = self.middle(self.encoders(batch.masked().features))
        task = task_loss(self.classifier(completed), batch, self.kind, self.class_weights)
        reconstruction = reconstruction_error(self.decoders(completed), batch)
        return Loss(
            task + self.settings.reconstruction_weight * reconstruction,
            {"task": task.detach(), "reconstruction": reconstruction.detach()},
        )

    def answer(self, fused: Tensor) -> Tensor:
        """(B, T, F) -> (B, T, C)."""
        return self.classifier(self.middle(fused))
