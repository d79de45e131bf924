"""CPM-Net: a free latent code per utterance explains those modalities that are there.

Zhang, Han, Cui, Fu, Zhou and Hu 2019, "CPM-Nets: Cross partial multi-view networks" (reading.md
B.7). No encoder and no classifier: codes and one linear decoder per modality are learnt in turns; a
code's class is that of the training codes with the largest mean inner product. A new utterance
gets its code by reconstruction alone, its label is never read.

Values with codes of 128, features of 512, 1024, 1024: 330,240 in the decoders; with the codes of
MOSI's 1,231 training and 656 test utterances 571,776 (paper Table 5: 0.57M).

Left out: normalization by global mean and range (see `protocol.standardize`), the read-out of
imputation errors. Departures: a new code begins at the mean of the training codes, not at a random
point, and is fitted in double precision, so a prediction depends on its utterance alone (but for
rounding, which Adam now and then amplifies to 1e-5) and is the same every time. On regression tasks
(MOSI, MOSEI) the two classes are the signs of the labels, zeros are dropped from training as
published, and the prediction's sign is the class.

Shapes: B dialogues of T utterances, N utterances, d values of a code, C classes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from models.batch import ConversationBatch
from models.cpmnet.latent_codes import (
    LinearDecoders,
    UsableVectors,
    class_scores,
    classification_loss,
    usable_vectors,
)
from models.cpmnet.settings import CpmnetSettings
from models.learner import Learner, Loss, OptimizerGroup, Phase, TaskShape
from models.method import WHOLE
from models.vocabulary import MODALITIES

N_PUBLISHED_CODES = 1231 + 656  # of CMU-MOSI's training and test utterances that are not zero
DECODERS = 0  # entry of `Phase.groups`; the other one holds the codes


class CpmNet(Learner):
    """Decoders, the training utterances' codes, their classes, and the rows they belong to."""

    batching = "full"
    masks = "per_run"
    selection = "last"
    gives_logits = False
    classes: Tensor  # (N,) int64
    rows: Tensor  # (N,) int64, rising

    def __init__(self, settings: CpmnetSettings, shape: TaskShape) -> None:
        super().__init__()
        self.settings, self.shape = settings, shape
        self.is_regression = shape.kind == "regression"
        self.n_classes = 2 if self.is_regression else shape.n_outputs
        self.decoders = LinearDecoders(settings.code_dim, shape.feature_dims)
        self.codes = nn.Parameter(torch.zeros(0, settings.code_dim))
        self.register_buffer("classes", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("rows", torch.zeros(0, dtype=torch.int64))
        self._gathered: tuple[ConversationBatch, UsableVectors] | None = None  # of the last batch

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Tensor], prefix: str, *rest: Any
    ) -> None:
        """Make room for as many codes as are stored: a fresh learner has none."""
        if f"{prefix}codes" in state_dict:
            self._allocate(len(state_dict[f"{prefix}codes"]))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _allocate(self, n_codes: int) -> None:
        self.codes = nn.Parameter(self.codes.new_zeros(n_codes, self.codes.shape[1]))
        self.classes = self.classes.new_zeros(n_codes)
        self.rows = self.rows.new_zeros(n_codes)
        self._gathered = None

    def prepare(self, batch: ConversationBatch) -> None:
        """Draw a code (Xavier uniform) for each training utterance that has a class."""
        utterances = self._training_utterances(batch)
        if not len(utterances.rows):
            raise ValueError("cpmnet: the training set holds no utterance with a class")
        self._allocate(len(utterances.rows))
        # Drawn on the CPU: the same codes on every device.
        codes = nn.init.xavier_uniform_(torch.empty(self.codes.shape, dtype=self.codes.dtype))
        self.codes.data.copy_(codes)
        self.classes.copy_(self._classes_of(utterances))
        self.rows.copy_(utterances.rows.flatten())

    def phases(self) -> Sequence[Phase]:
        """Decoders and codes in turns, several steps each; nothing is selected afterwards."""
        if not len(self.codes):
            raise RuntimeError("cpmnet: `prepare` makes the codes and comes before `phases`")
        settings, decoders = self.settings, list(self.decoders.parameters())
        groups = [
            OptimizerGroup(decoders, settings.decoder_learning_rate, kind="adam"),
            OptimizerGroup([self.codes], settings.code_learning_rate, kind="adam"),
        ]
        n_epochs, steps = settings.train_epochs, settings.steps
        return [Phase("train", groups, n_epochs=n_epochs, alternate=True, steps=steps)]

    def count_parameters(self) -> int:
        """Values of the decoders and of the codes that exist."""
        return self.count_with_codes(len(self.codes))

    def published_counts(self) -> Mapping[str, int]:
        """Table 5 counts the codes of its training and test utterances (reading.md B.7)."""
        return {WHOLE: self.count_with_codes(N_PUBLISHED_CODES)}

    def count_with_codes(self, n_codes: int) -> int:
        """Values of the decoders and of n codes."""
        return sum(p.numel() for p in self.decoders.parameters()) + n_codes * self.codes.shape[1]

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Group 0, decoders: reconstruction. Group 1, codes: the same + weight * classification."""
        usable = self._usable_vectors(batch)
        if group == DECODERS:
            error = self.decoders.error(usable, self.codes.detach())
            return Loss(error, {"reconstruction": error.detach()})
        error = self.decoders.error(usable, self.codes, is_fixed=True)
        classification = classification_loss(self.codes, self.classes, self.n_classes)
        return Loss(
            error + self.settings.class_weight * classification,
            {"reconstruction": error.detach(), "classification": classification.detach()},
        )

    @torch.no_grad()
    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) mean inner products, or (B, T, 1) positive minus negative; 0 on padding."""
        cells = batch.valid.flatten().nonzero().squeeze(1)
        codes = self.fit_codes(batch.utterances(cells))
        scores = class_scores(codes, self.codes.to(codes.dtype), self.classes, self.n_classes)
        if self.is_regression:
            scores = scores[:, 1:] - scores[:, :1]
        padded = self.codes.new_zeros(batch.valid.numel(), scores.shape[1])
        padded.index_copy_(0, cells, scores.to(padded.dtype))
        return padded.view(*batch.valid.shape, -1)

    @torch.no_grad()
    def fit_codes(self, utterances: ConversationBatch) -> Tensor:
        """Utterances (N, 1) -> codes (N, d) float64 that reconstruct their usable modalities.

        One without any keeps the mean of the training codes.
        """
        usable = utterances.usable.squeeze(1)[:, [MODALITIES.index(m) for m in self._names]]
        codes = self.codes.double().mean(dim=0).repeat(len(usable), 1)
        for pattern in torch.unique(usable, dim=0):
            if pattern.any():
                members = (usable == pattern).all(dim=1)
                names = [name for name, has in zip(self._names, pattern, strict=True) if has]
                cells = members.nonzero().squeeze(1)
                features = {name: utterances.vectors(name, cells) for name in names}
                codes[members] = self._descend(codes[members], *self.decoders.quadratic(features))
        return codes

    def _descend(self, codes: Tensor, quadratic: Tensor, linear: Tensor) -> Tensor:
        """Adam on the sum of h G h - 2 c h over codes h, from its exact gradient.

        By torch's function: making its optimiser class imports the compiler, a second a process.
        """
        curvature, slope, gradient = 2 * quadratic, -2 * linear, torch.empty_like(codes)
        mean, square = torch.zeros_like(codes), torch.zeros_like(codes)
        steps = torch.zeros((), device=codes.device)

        for _ in range(self.settings.test_epochs * self.settings.steps):
            torch.addmm(slope, codes, curvature, out=gradient)
            adam(
                [codes],
                [gradient],
                [mean],
                [square],
                [],
                [steps],
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=self.settings.test_learning_rate,
                weight_decay=0.0,
                eps=1e-8,
                maximize=False,
            )
        return codes

    @property
    def _names(self) -> list[str]:
        return list(self.shape.feature_dims)

    def _usable_vectors(self, batch: ConversationBatch) -> UsableVectors:
        """Of the training utterances; gathered once for all steps on a batch."""
        if self._gathered is None or self._gathered[0] is not batch:
            self._gathered = None  # makes room
            utterances = self._training_utterances(batch)
            if not torch.equal(utterances.rows.flatten(), self.rows):
                raise ValueError(
                    f"cpmnet: the {len(utterances.rows)} utterances of the batch are not the "
                    f"{len(self.rows)} that `prepare` saw: it trains on the full training set"
                )
            self._gathered = batch, usable_vectors(utterances)
        return self._gathered[1]

    def _training_utterances(self, batch: ConversationBatch) -> ConversationBatch:
        """(N, 1): valid utterances that have a class, by rising row."""
        has_class = batch.valid & (batch.labels != 0) if self.is_regression else batch.valid
        cells = has_class.flatten().nonzero().squeeze(1)
        return batch.utterances(cells[batch.rows.flatten()[cells].argsort()])

    def _classes_of(self, utterances: ConversationBatch) -> Tensor:
        labels = utterances.labels.flatten()
        return (labels > 0).to(torch.int64) if self.is_regression else labels


def build(settings: CpmnetSettings, shape: TaskShape) -> Learner:
    """Build CPM-Net for a task."""
    return CpmNet(settings, shape)
