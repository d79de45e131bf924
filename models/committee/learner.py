"""Committee: this project's own recipe for dialogues that lack modalities.

A few small networks (`models.committee.members`) are trained side by side on the same batches and
masks; what they say is averaged: probabilities of classes, or values. What makes them robust is in
the training: rates drawn anew for each batch (the protocol's), a modality hidden from a whole
dialogue, dropout, smoothed labels (Szegedy et al. 2016), and a running mean of the weights, which
predicts (Polyak and Juditsky 1992). No epoch is selected: how many there are is told by how many
utterances train, since few are learned by heart.

Dropped in the search, and why: docs/recipe.md. Shapes: B dialogues, T utterances, K members, M
modalities, H hidden, C outputs.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from models.batch import ConversationBatch
from models.committee.members import Members
from models.committee.settings import CommitteeSettings
from models.learner import EmbeddingLearner, Learner, Loss, OptimizerGroup, Phase, TaskShape
from models.losses import cross_entropy, regression
from models.running_mean import RunningMean
from models.vocabulary import MODALITIES

FEW = 2000  # utterances that train
N_EPOCHS_OF_FEW, N_EPOCHS_OF_MANY = 24, 40


class Committee(EmbeddingLearner):
    """Members that train, and the running mean of their weights, which predicts."""

    selection = "last"
    weighs_classes = True
    fills_padding = True
    is_replayable = True

    def __init__(self, settings: CommitteeSettings, shape: TaskShape) -> None:
        super().__init__()
        self.settings, self.kind = settings, shape.kind
        self.batch_size = settings.batch_size
        self.columns = [MODALITIES.index(name) for name in shape.feature_dims]
        self.members = Members(settings, shape)
        self.mean = RunningMean(self.members, settings.averaging, is_corrected=False)
        self.n_epochs = settings.n_epochs or N_EPOCHS_OF_FEW

    def prepare(self, batch: ConversationBatch) -> None:
        """Count the utterances that train."""
        is_few = int(batch.valid.sum()) <= FEW
        of_size = N_EPOCHS_OF_FEW if is_few else N_EPOCHS_OF_MANY
        self.n_epochs = self.settings.n_epochs or of_size

    def phases(self) -> Sequence[Phase]:
        """One phase of its own length, AdamW on all members, slower from epoch to epoch."""
        settings = self.settings
        group = OptimizerGroup(
            parameters=list(self.members.parameters()),
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            max_grad_norm=settings.max_grad_norm,
        )
        return [Phase("train", [group], n_epochs=self.n_epochs, decay_after=0)]

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Mean over members of the task's loss; the step before enters the running mean."""
        batch = batch.by_dialogue()
        usable = self._usable(batch)
        if self.training:
            self.mean.follow(self.members)
            usable = hide_from_dialogues(usable, self.settings.dialogue_dropout)
        projected = self.members.project(batch.masked().features)
        outputs = self.members(projected, usable, batch.valid)
        task = self._task_loss(outputs, batch)
        return Loss(task, {"task": task.detach()})

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C): log of the members' mean probabilities, or their mean value; 0 on padding."""
        dialogues = batch.by_dialogue()
        projected = self.asked.project(dialogues.masked().features)
        return batch.from_dialogues(self._predict(dialogues, projected))

    def embed(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Projections of all members: (S, D_m) -> (S, K H)."""
        return self.asked.project(features)

    def predict_embedded(self, batch: ConversationBatch) -> Tensor:
        """`predict` of a batch whose features went through `embed`."""
        dialogues = batch.by_dialogue()
        return batch.from_dialogues(self._predict(dialogues, dialogues.masked().features))

    @property
    def asked(self) -> Members:
        """The members of mean weights, whose predictions count."""
        found = self.mean.network
        assert isinstance(found, Members)
        return found

    def _predict(self, batch: ConversationBatch, projected: Mapping[str, Tensor]) -> Tensor:
        outputs = self.asked(projected, self._usable(batch), batch.valid)
        if self.kind == "classification":
            pooled = outputs.log_softmax(dim=-1).logsumexp(dim=0)
        else:
            pooled = outputs.mean(dim=0)
        return torch.where(batch.valid.unsqueeze(-1), pooled, 0.0)

    def _usable(self, batch: ConversationBatch) -> Tensor:
        """(M, K, B, T, 1) of the task's modalities, alike for all members."""
        usable = batch.usable
        columns = torch.stack([usable[..., column] for column in self.columns])
        return columns[:, None, :, :, None].expand(-1, self.settings.n_members, -1, -1, -1)

    def _task_loss(self, outputs: Tensor, batch: ConversationBatch) -> Tensor:
        """Members' outputs (K, B, T, C) -> mean over members and valid utterances."""
        labels, valid = (t.expand(outputs.shape[:-1]) for t in (batch.labels, batch.valid))
        if self.kind == "regression":
            return regression(outputs, labels, valid)
        smoothing = self.settings.label_smoothing
        return cross_entropy(outputs, labels, valid, self.class_weights, smoothing)


def hide_from_dialogues(usable: Tensor, share: float) -> Tensor:
    """(M, K, B, T, 1) bool without a modality in a random `share` of the dialogues, per member.

    Never all modalities of a dialogue, but utterances that had no other one are left with nothing:
    their neighbours must tell.
    """
    if share == 0:
        return usable
    gone = torch.rand(*usable.shape[:3], 1, 1, device=usable.device) < share
    return usable & ~(gone & ~gone.all(dim=0))


def build(settings: CommitteeSettings, shape: TaskShape) -> Learner:
    """Build the committee for a task."""
    return Committee(settings, shape)
