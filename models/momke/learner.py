"""MoMKE: an expert for each modality, trained alone, then all of them mixed by soft routers.

Xu, Jiang and Liang 2024, "Leveraging knowledge of modality experts for incomplete multimodal
learning" (ACM Multimedia), in the form of the public code. Phase "experts": each modality is
projected, goes through its own expert, and is classified by a head of its own, on complete data.
Phase "mixing": each usable modality m goes through the experts of all modalities; its router mixes
what they say, by utterance:

    x_m = dropout(W_m features_m + b_m)
    h_m = sum over experts e of softmax(router_m(x_m))_e expert_e(x_m)
    h = [h_audio, h_text, h_visual], zeros where a modality is missing
    logits = W (h + dropout(relu(V h + c))) + b

5,400,089 parameters with features of 512, 1024, 1024 and four classes, as the public code builds
them; 3,084 of these, the heads of the first phase, predict nothing.

Departures. It is trained once, under the protocol's masks, and tested at every rate; its authors
train and test it anew for each subset of modalities. The epoch comes from the validation role,
theirs from the test set. Adam begins anew with the second phase. An utterance whose modality was
never extracted does not train that expert. Left out: the choice of each expert's best epoch between
the phases, which changes nothing in the public code; and a second set of features for the listener.

Rows that are missing can be no key and are zeros in h, so they are left out here from the start:
all usable rows of all modalities are sequences of one layout, which every expert reads once.

Shapes: B dialogues, T utterances, M modalities of the task, D_m features, D hidden, R usable rows
of all modalities, N utterances, C outputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.fast.dropout import Dropout
from models.fast.layout import Layout
from models.fast.products import Linear
from models.learner import EmbeddingLearner, Learner, Loss, OptimizerGroup, Phase, TaskShape
from models.losses import labelled_loss, task_loss
from models.momke.experts import Expert
from models.momke.settings import MomkeSettings
from models.vocabulary import MODALITIES


@dataclass(frozen=True)
class UsableRows:
    """Where a batch has what: one sequence for each dialogue and modality, without gaps."""

    layout: Layout  # of the sequences, modality after modality
    cells: Tensor  # (R,) int64 flat cell of the (M, B, T) grid, of each row

    @classmethod
    def in_room(cls, usable: Tensor) -> "UsableRows":
        """Every cell (M, B, T) is a row, and those that are usable are keys: nothing is looked at.

        What the others hold is finite and not meant.
        """
        layout = Layout.every_cell(usable.flatten(0, 1))
        return cls(layout, layout.cells)

    @classmethod
    def of(cls, usable: Tensor) -> "UsableRows":
        """From usable (M, B, T) bool, some of them True. Sequences keep the order of time."""
        sequences = usable.flatten(0, 1)
        is_there, steps = sequences.sort(dim=1, descending=True, stable=True)
        layout = Layout.of(is_there)
        starts = torch.arange(len(sequences), device=steps.device) * sequences.shape[1]
        return cls(layout, (starts[:, None] + steps).flatten()[layout.cells])


class Momke(EmbeddingLearner):
    """Projections, experts, heads of the first phase; routers and the joint layer."""

    weighs_classes = True
    is_replayable = True

    def __init__(self, settings: MomkeSettings, shape: TaskShape) -> None:
        super().__init__()
        dim, dims, dropout = settings.hidden_dim, shape.feature_dims, settings.dropout
        self.settings, self.shape, self.names = settings, shape, tuple(dims)
        self.batch_size = settings.batch_size
        joint_dim = dim * len(dims)

        self.projections = nn.ModuleDict({name: Linear(dims[name], dim) for name in dims})
        self.experts = nn.ModuleDict(
            {name: Expert(dim, settings.n_layers, settings.n_heads, dropout) for name in dims}
        )
        self.heads = nn.ModuleDict({name: Linear(dim, shape.n_outputs) for name in dims})
        self.routers = nn.ModuleDict({name: _router(dim, len(dims), dropout) for name in dims})
        self.joint = Linear(joint_dim, joint_dim)
        self.classifier = Linear(joint_dim, shape.n_outputs)
        self.dropout = Dropout(dropout)

    def phases(self) -> Sequence[Phase]:
        """Experts on complete data, each on its own modality; then everything but their heads."""
        alone = (self.projections, self.experts, self.heads)
        mixed = (self.projections, self.experts, self.routers, self.joint, self.classifier)
        optimised = self.settings.learning_rate, self.settings.weight_decay
        experts = OptimizerGroup.adam(alone, *optimised)
        return [
            Phase("experts", [experts], n_epochs=self.settings.expert_epochs, is_complete=True),
            Phase("mixing", [OptimizerGroup.adam(mixed, *optimised)]),
        ]

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Phase "experts": the sum of each expert's own. Phase "mixing": the task's."""
        if phase == "experts":
            own_loss = self._own_loss if batch.layout is None else self._own_loss_unseen
            losses = {name: own_loss(name, batch.complete()) for name in self.names}
            total = torch.stack(list(losses.values())).sum()
            return Loss(total, {name: loss.detach() for name, loss in losses.items()})
        task = task_loss(self.predict(batch), batch, self.shape.kind, self.class_weights)
        return Loss(task, {"task": task.detach()})

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) logits."""
        return self._classify(self._mixed(batch))

    def embed(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The projections: (S, D_m) -> (S, D)."""
        return {name: project(features[name]) for name, project in self.projections.items()}

    def predict_embedded(self, batch: ConversationBatch) -> Tensor:
        """`predict` of a batch whose features went through `embed`."""
        return self._classify(self._mixed(batch, is_embedded=True))

    def _own_loss(self, name: str, batch: ConversationBatch) -> Tensor:
        """One expert's loss on its own modality, mean over the utterances that have it."""
        usable = batch.usable[..., MODALITIES.index(name)]
        if not usable.any():
            return self.classifier.bias.sum() * 0  # nothing to learn, but a gradient of it
        return self._own_loss_of(name, batch, UsableRows.of(usable.unsqueeze(0)))

    def _own_loss_unseen(self, name: str, batch: ConversationBatch) -> Tensor:
        """The same of a line. Where no utterance has the modality gradients are 0, not none."""
        dialogues = batch.by_dialogue().masked()
        usable = dialogues.usable[..., MODALITIES.index(name)]
        return self._own_loss_of(name, dialogues, UsableRows.in_room(usable.unsqueeze(0)))

    def _own_loss_of(self, name: str, batch: ConversationBatch, rows: UsableRows) -> Tensor:
        x = self.dropout(self.projections[name](batch.vectors(name, rows.cells)))
        outputs = self.heads[name](self.experts[name](x, rows.layout))
        labels = batch.labels.flatten()[rows.cells]
        return labelled_loss(
            outputs, labels, rows.layout.valid, self.shape.kind, self.class_weights
        )

    def _mixed(self, batch: ConversationBatch, is_embedded: bool = False) -> Tensor:
        """(B, T, M, D): h_m of every usable modality, 0 elsewhere."""
        if batch.layout is not None:
            return self._mixed_unseen(batch, is_embedded)
        usable = self._usable(batch)
        mixed = self.joint.weight.new_zeros(*usable.shape, self.settings.hidden_dim)
        if usable.any():
            rows = UsableRows.of(usable)
            told = self._ask(rows.layout, *self._read(batch, rows.cells, is_embedded))
            mixed = mixed.flatten(0, 2).index_copy(0, rows.cells, told).view_as(mixed)
        return mixed.permute(1, 2, 0, 3)

    def _mixed_unseen(self, batch: ConversationBatch, is_embedded: bool) -> Tensor:
        """The same of a line: what is not usable is read as zeros, is no key, and is hidden."""
        dialogues = batch.by_dialogue().masked()
        usable = self._usable(dialogues)
        cells = torch.arange(dialogues.valid.numel(), device=usable.device)
        parts = [self._read_own(name, dialogues, cells, is_embedded) for name in self.names]
        x, weights = (torch.cat(rows) for rows in zip(*parts, strict=True))
        told = self._ask(Layout.every_cell(usable.flatten(0, 1)), x, weights)
        mixed = told.view(*usable.shape, -1).masked_fill(~usable.unsqueeze(3), 0.0)
        return batch.from_dialogues(mixed.permute(1, 2, 0, 3))

    def _usable(self, batch: ConversationBatch) -> Tensor:
        """(M, B, T) of the task's modalities."""
        usable = batch.usable
        return torch.stack([usable[..., MODALITIES.index(name)] for name in self.names])

    def _ask(self, layout: Layout, x: Tensor, weights: Tensor) -> Tensor:
        """Rows (R, D), weights (R, M) of the experts -> what these say of each row (R, D)."""
        said = torch.stack([expert(x, layout) for expert in self.experts.values()], dim=1)
        return (weights.unsqueeze(-1) * said).sum(dim=1)

    def _read(
        self, batch: ConversationBatch, cells: Tensor, is_embedded: bool
    ) -> tuple[Tensor, Tensor]:
        """Projected rows (R, D) and the weights of the experts for each (R, M)."""
        n_cells = batch.valid.numel()
        x = self.joint.weight.new_zeros(len(cells), self.settings.hidden_dim)
        weights = x.new_zeros(len(cells), len(self.names))

        for number, name in enumerate(self.names):
            own = (cells // n_cells == number).nonzero().squeeze(1)
            projected, share = self._read_own(name, batch, cells[own] % n_cells, is_embedded)
            x = x.index_copy(0, own, projected)
            weights = weights.index_copy(0, own, share)
        return x, weights

    def _read_own(
        self, name: str, batch: ConversationBatch, cells: Tensor, is_embedded: bool
    ) -> tuple[Tensor, Tensor]:
        """`_read` of one modality at flat cells of the (B, T) grid."""
        vectors = batch.vectors(name, cells)
        projected = self.dropout(vectors if is_embedded else self.projections[name](vectors))
        return projected, self.routers[name](projected).softmax(dim=-1)

    def _classify(self, mixed: Tensor) -> Tensor:
        """(B, T, M, D) -> (B, T, C)."""
        joint = mixed.flatten(2)
        return self.classifier(joint + self.dropout(torch.relu(self.joint(joint))))


def _router(dim: int, n_experts: int, dropout: float) -> nn.Sequential:
    """Weights of the experts before softmax: (R, D) -> (R, M)."""
    return nn.Sequential(
        Linear(dim, dim), nn.GELU(), Dropout(dropout), Linear(dim, n_experts), Dropout(dropout)
    )


def build(settings: MomkeSettings, shape: TaskShape) -> Learner:
    """Build MoMKE for a task."""
    return Momke(settings, shape)
