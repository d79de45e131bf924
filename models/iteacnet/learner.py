"""`IteacLearner`: ITEACNet in all the forms that the paper compares (Tables 1, 2).

Frameworks. "its": a teacher on complete data and a student on incomplete data, one step for both
(Eq. 15; TS is the same with a NAS teacher of four layers and a Transformer student of three).
"gcnet": one network meets the complete and the incomplete batch, gradients accumulate.
"teacher_only": one network on complete data (Table 1). The last two use the `teacher` settings.
The student is the model that is reported, where there is one (reading.md A.6).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.branches import at_once, joined
from models.fast.fixed_layout import FixedLayout
from models.fast.layout import Layout
from models.iteacnet.fusion import hub_of
from models.iteacnet.losses import emotion_loss, imputation_loss, joint_loss
from models.iteacnet.network import IteacNetwork, NetworkOutput
from models.iteacnet.router import Router
from models.iteacnet.settings import FRAMEWORKS, IteacnetSettings
from models.iteacnet.token_mixers import TimeLinear, TimeMlp
from models.learner import EmbeddingLearner, Loss, OptimizerGroup, Phase, TaskShape
from models.losses import cross_entropy, regression
from models.running_mean import RunningMean
from models.vocabulary import MODALITIES


class IteacLearner(EmbeddingLearner):
    """Teacher, student and their losses."""

    batching = "dialogues"
    masks = "per_batch"
    weighs_classes = True

    def __init__(self, settings: IteacnetSettings, shape: TaskShape) -> None:
        super().__init__()
        if settings.framework not in FRAMEWORKS:
            raise ValueError(f"framework={settings.framework!r}: use one of {FRAMEWORKS}")

        self.settings = settings
        self.shape = shape
        self.batch_size = settings.batch_size
        self.sees_padding = self.fills_padding = settings.padding == "published"
        self.is_replayable = not self.sees_padding

        self.teacher = IteacNetwork(settings, settings.teacher, shape)
        self.student: IteacNetwork | None = None
        if settings.framework == "its":
            self.student = IteacNetwork(settings, settings.student, shape)

        meets = [self.teacher] * (1 if settings.framework == "teacher_only" else 2)
        if self.student is not None:
            meets[1] = self.student
        self.values_per_pair = sum(network.n_maps for network in meets)

        self.mean: RunningMean | None = None
        if settings.averaging < 1:
            self.mean = RunningMean(self._trained, settings.averaging, is_corrected=True)

        if settings.fusion != "aligned" and len(self.reported.modalities) > 1:
            self.blind_without = hub_of(self.reported.modalities)
        if any(isinstance(part, TimeMlp | TimeLinear) for part in self.reported.modules()):
            self.max_utterances = shape.max_utterances

    @property
    def reported(self) -> IteacNetwork:
        """The network whose predictions count: the student, or the running mean of its weights."""
        found = self._trained if self.mean is None else self.mean.network
        assert isinstance(found, IteacNetwork)
        return found

    @property
    def _trained(self) -> IteacNetwork:
        """The network that becomes the reported one."""
        return self.teacher if self.student is None else self.student

    def phases(self) -> Sequence[Phase]:
        """One phase; routers learn at a rate of their own (reading.md A.6)."""
        routers = list(_router_parameters(self))
        ids = {id(parameter) for parameter in routers}
        others = [p for p in _trainable(self) if id(p) not in ids]

        rates = (
            (others, self.settings.learning_rate),
            (routers, self.settings.router_learning_rate),
        )
        decay = self.settings.weight_decay
        groups = [
            OptimizerGroup(parameters, rate, "adamw", weight_decay=decay)
            for parameters, rate in rates
            if parameters
        ]

        is_complete = self.settings.framework == "teacher_only"
        return [Phase("train", groups, is_complete=is_complete)]

    def published_counts(self) -> Mapping[str, int]:
        """Table 5 counts teacher and student apart."""
        networks = {"teacher": self.teacher, "student": self.student}
        return {
            name: sum(parameter.numel() for parameter in network.parameters())
            for name, network in networks.items()
            if network is not None
        }

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Eq. 15 for "its"; one network's part of Eq. 12 or 13 otherwise."""
        if self.mean is not None and self.training:
            self.mean.follow(self._trained)  # what the step before made of it
        layout = self.teacher.lay_out(batch)

        if self.student is not None and isinstance(layout, FixedLayout):
            complete, incomplete = self._side_by_side(batch, layout, self.student)
            return self._joint(batch, complete, incomplete, self._emotion(complete, batch))

        complete = self.teacher(batch.complete(), layout)
        on_complete = self._emotion(complete, batch)
        if self.student is not None:
            incomplete = self.student(batch, layout)
            return self._joint(batch, complete, incomplete, on_complete)

        if self.settings.framework == "teacher_only":
            return Loss(on_complete, {"emotion_complete": on_complete.detach()})
        on_incomplete = self._emotion(self.teacher(batch, layout), batch)
        parts = {"emotion_complete": on_complete, "emotion_incomplete": on_incomplete}
        return Loss(on_complete + on_incomplete, _detached(parts))

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) logits of the reported network on what is usable."""
        return self.reported(batch).logits

    def embed(self, features: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The reported network's projections."""
        return self.reported.embed(features)

    def predict_embedded(self, batch: ConversationBatch) -> Tensor:
        """`predict` of a batch whose features went through `embed`."""
        return self.reported(batch, is_embedded=True).logits

    def _side_by_side(
        self, batch: ConversationBatch, layout: FixedLayout, student: IteacNetwork
    ) -> tuple[NetworkOutput, NetworkOutput]:
        """Outputs of teacher and student, which know nothing of each other until the loss."""
        layout.share([self.settings.context.kernel // 2])
        complete, incomplete = at_once(
            [lambda: self.teacher(batch.complete(), layout), lambda: student(batch, layout)],
            batch.valid.device,
        )
        logits, *hidden = joined(incomplete.logit_rows, *incomplete.hidden_rows)
        return complete, replace(incomplete, logit_rows=logits, hidden_rows=tuple(hidden))

    def _joint(
        self,
        batch: ConversationBatch,
        teacher: NetworkOutput,
        student: NetworkOutput,
        on_complete: Tensor,
    ) -> Loss:
        on_incomplete = self._emotion(student, batch)
        imputation = imputation_loss(
            student.hidden_rows,
            teacher.hidden_rows,
            self.settings.imputation_weights,
            self._imputed_rows(batch, student.layout),
        )

        total = joint_loss(emotion_loss(on_complete, on_incomplete), imputation)
        parts = {
            "emotion_teacher": on_complete,
            "emotion_student": on_incomplete,
            "imputation": imputation,
        }
        return Loss(total, _detached(parts))

    def _emotion(self, output: NetworkOutput, batch: ConversationBatch) -> Tensor:
        """One network's part of Eq. 12 or 13."""
        layout = output.layout
        labels = layout.pack(batch.labels)
        if self.shape.kind == "classification":
            weights, smoothing = self.class_weights, self.settings.label_smoothing
            return cross_entropy(output.logit_rows, labels, layout.valid, weights, smoothing)
        return regression(output.logit_rows, labels, layout.valid, self.settings.regression_loss)

    def _imputed_rows(self, batch: ConversationBatch, layout: Layout) -> Tensor:
        """(N,) bool: rows of Eq. 14, valid ones that miss a modality of the task."""
        if self.settings.imputation_rows == "all":
            return layout.valid
        columns = layout.pack(batch.usable).unbind(dim=-1)
        usable = [
            column
            for name, column in zip(MODALITIES, columns, strict=True)
            if name in self.shape.feature_dims
        ]
        return layout.valid & ~torch.stack(usable, dim=-1).all(dim=-1)


def build(settings: IteacnetSettings, shape: TaskShape) -> IteacLearner:
    """Build ITEACNet for a task."""
    return IteacLearner(settings, shape)


def _router_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    for part in module.modules():
        if isinstance(part, Router):
            yield from _trainable(part)


def _trainable(module: nn.Module) -> Iterator[nn.Parameter]:
    """Without those of a running mean."""
    return (parameter for parameter in module.parameters() if parameter.requires_grad)


def _detached(parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in parts.items()}
