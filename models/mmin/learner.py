"""MMIN: imagines the encoding of missing modalities from that of the others, and back.

Zhao, Li and Jin 2021, "Missing modality imagination network for emotion recognition with
uncertain missing modalities", in the form that GCNet's comparison uses (reading.md B.6).
Utterances are seen alone. Phase "pretrain": encoders and a classifier on complete data. Phase
"train": the encoders go on from there; a cascade of residual autoencoders imagines what the
pretrained encoders, now frozen, make of exactly that which is missing; a second cascade leads
back; the first one's latents are classified.

3,874,052 parameters in "train" with features of 512, 1024, 1024 and four classes (paper Table 5:
3.87M), the frozen network excluded.

Left out: recurrent and convolutional encoders of sequences (features are one vector per utterance),
training on all six missing patterns of a batch at once (masks come from the protocol), the choice
of the pretrained epoch (its last one stands), and the published visual features of IEMOCAP, a mean
over both actors' faces.

Shapes: (B, T) utterances, F fused values (legend in `fully_connected`).
"""

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.cra.learner import ResidualAutoencoder
from models.fully_connected import (
    ByModality,
    FullyConnected,
    ModalityEncoders,
    init_kaiming,
    init_normal,
    optimizer_groups,
)
from models.learner import Learner, Loss, Phase, TaskShape
from models.losses import mean_over, task_loss
from models.mmin.settings import MminSettings

BETAS = (0.5, 0.999)
PRETRAIN_BETAS = (0.9, 0.999)


class FusionNetwork(nn.Module):
    """Encoders and a classifier of their fused vector: what is pretrained on complete data."""

    def __init__(self, settings: MminSettings, shape: TaskShape) -> None:
        super().__init__()
        width, dropout = settings.hidden_dim, settings.pretrain_dropout
        self.encoders = ModalityEncoders(shape.feature_dims, width, dropout)
        fused_dim = width * len(shape.feature_dims)
        self.classifier = FullyConnected(fused_dim, width, shape.n_outputs, dropout)
        self.apply(init_kaiming)


class Mmin(ByModality):
    """Encoders, imagination forth and back, classifier; the pretrained network beside them."""

    weighs_classes = True
    pretrained_is_frozen: Tensor  # () bool, saved with the weights

    def __init__(self, settings: MminSettings, shape: TaskShape) -> None:
        super().__init__()
        width, dropout = settings.hidden_dim, settings.dropout
        layers, n_blocks = settings.layers, settings.n_blocks
        fused_dim = width * len(shape.feature_dims)
        self.encoders = ModalityEncoders(shape.feature_dims, width, dropout)
        self.forth = ResidualAutoencoder(fused_dim, layers, n_blocks)
        self.back = ResidualAutoencoder(fused_dim, layers, n_blocks)
        latent_dim = layers[-1] * n_blocks
        self.classifier = FullyConnected(latent_dim, width, shape.n_outputs, dropout)
        self.apply(init_normal)
        self.pretrained = FusionNetwork(settings, shape)
        self.register_buffer("pretrained_is_frozen", torch.tensor(False))
        self.settings, self.kind = settings, shape.kind
        self.batch_size = settings.batch_size

    def phases(self) -> Sequence[Phase]:
        """Pretraining on complete data, then the imagination; sub-networks are clipped singly."""
        pretrained = [*self.pretrained.encoders.values(), self.pretrained.classifier]
        imagining = [*self.encoders.values(), self.forth, self.back, self.classifier]
        decay_after = self.settings.decay_after

        return [
            Phase(
                "pretrain",
                optimizer_groups(pretrained, self.settings, PRETRAIN_BETAS),
                n_epochs=self.settings.pretrain_epochs,
                decay_after=decay_after,
                is_complete=True,
            ),
            Phase(
                "train",
                optimizer_groups(imagining, self.settings, BETAS),
                decay_after=decay_after,
            ),
        ]

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Phase "pretrain": the task alone. Phase "train": task, imagination and cycle."""
        if phase == "pretrain":
            fused = self.pretrained.encoders(batch.complete().masked().features)
            logits = self.pretrained.classifier(fused)
            task = task_loss(logits, batch, self.kind, self.class_weights)
            return Loss(task, {"task": task.detach()})
        return self._imagination_loss(batch)

    def _imagination_loss(self, batch: ConversationBatch) -> Loss:
        """Task + 4 MSE(target, z') + 2 MSE(z, z''): neither target nor z is moved by its term."""
        fused = self.encoders(batch.masked().features)
        imagined, latents = self.forth.with_latents(fused)
        returned = self.back(imagined)

        parts = {
            "task": task_loss(self.classifier(latents), batch, self.kind, self.class_weights),
            "imagination": _mean_squared_error(imagined, self.target(batch), batch),
            "cycle": _mean_squared_error(returned, fused.detach(), batch),
        }

        total = (
            parts["task"]
            + self.settings.imagination_weight * parts["imagination"]
            + self.settings.cycle_weight * parts["cycle"]
        )
        return Loss(total, {name: part.detach() for name, part in parts.items()})

    @torch.no_grad()
    def target(self, batch: ConversationBatch) -> Tensor:
        """(B, T, F): what the frozen encoders make of that which is withheld, and of it alone."""
        if any(parameter.requires_grad for parameter in self.pretrained.parameters()):
            raise RuntimeError("mmin: phase 'train' needs finish_phase('pretrain') before it")
        return self.pretrained.encoders(batch.complement().features)

    def answer(self, fused: Tensor) -> Tensor:
        """(B, T, F) -> (B, T, C)."""
        return self.classifier(self.forth.latents(fused))

    def finish_phase(self, name: str) -> None:
        """After pretraining the encoders begin as copies, and the pretrained network is frozen."""
        if name == "pretrain":
            self.encoders.load_state_dict(self.pretrained.encoders.state_dict())
            self.pretrained_is_frozen.fill_(True)
            self.freeze_if_pretrained()

    def freeze_if_pretrained(self) -> None:
        """No gradient and no dropout in the pretrained network once its phase is over."""
        if self.pretrained_is_frozen:
            self.pretrained.requires_grad_(False).eval()

    def _load_from_state_dict(self, *arguments: Any) -> None:
        """Freeze again when the stored network was frozen."""
        super()._load_from_state_dict(*arguments)
        self.freeze_if_pretrained()

    def train(self, mode: bool = True) -> Self:
        """As for every module, but a frozen network stays in evaluation mode."""
        super().train(mode)
        self.freeze_if_pretrained()
        return self


def _mean_squared_error(outputs: Tensor, targets: Tensor, batch: ConversationBatch) -> Tensor:
    """(B, T, F) each -> mean over valid utterances and values."""
    return mean_over((outputs - targets).square().mean(dim=-1), batch.valid)


def build(settings: MminSettings, shape: TaskShape) -> Learner:
    """Build MMIN for a task."""
    return Mmin(settings, shape)
