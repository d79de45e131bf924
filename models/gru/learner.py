"""GRU: what a dialogue's usable modalities say, summed, and read in both directions of time.

A baseline of known parts, small and hard to beat: nothing in it reconstructs, imagines or imitates.
Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder for statistical machine
translation" (the unit, as torch has it); Neverova et al. 2016, "ModDrop: adaptive multi-modal
gesture recognition" (what is there is hidden at random in training; here by the protocol's masks,
and by `modality_dropout` beside them). For utterance t with the usable modalities U_t:

    s_t = sum over m in U_t of gelu(W_m x_m,t + b_m)
    f_t = dropout(layer_norm(s_t))
    c_t = GRU(f)_t, forwards and backwards
    logits_t = W [dropout(c_t), f_t] + b

A modality that is missing adds nothing, so every utterance is told by its own row whatever it has.
214,852 parameters with features of 512, 1024, 1024, four classes: 164,032 of them project.

Shapes: B dialogues, T utterances, N packed rows, D_m features, H = hidden_dim, C outputs.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from models.batch import ConversationBatch
from models.fast.dropout import Dropout
from models.fast.fixed_layout import FixedLayout
from models.fast.fixed_recurrent import read_fixed_gru
from models.fast.layout import Layout
from models.fast.products import Linear, linear_gelu
from models.fast.recurrent import Turns
from models.gru.settings import GruSettings
from models.learner import EmbeddingLearner, Learner, Loss, OptimizerGroup, Phase, TaskShape
from models.losses import task_loss
from models.vocabulary import MODALITIES


class GruLearner(EmbeddingLearner):
    """Projections, one bidirectional GRU, a linear layer."""

    weighs_classes = True
    is_replayable = True

    def __init__(self, settings: GruSettings, shape: TaskShape) -> None:
        super().__init__()
        width, dims = settings.hidden_dim, shape.feature_dims
        self.settings, self.kind = settings, shape.kind
        self.batch_size = settings.batch_size
        self.projections = nn.ModuleDict({name: Linear(dims[name], width) for name in dims})
        self.norm = nn.LayerNorm(width)
        self.dropout = Dropout(settings.dropout)
        self.gru = nn.GRU(width, width, bidirectional=True)
        self.classifier = Linear(3 * width, shape.n_outputs)

    def phases(self) -> Sequence[Phase]:
        """One phase, AdamW on everything."""
        settings = self.settings
        group = OptimizerGroup(
            parameters=list(self.parameters()),
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            max_grad_norm=settings.max_grad_norm,
        )
        return [Phase("train", [group])]

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """The task's own, under the protocol's mask and, in training, modality dropout."""
        if self.training:
            kept = hide_some(batch.usable, self.settings.modality_dropout)
            batch = batch.with_available(kept)
        task = task_loss(self.predict(batch), batch, self.kind, self.class_weights)
        return Loss(task, {"task": task.detach()})

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) logits, 0 on padding."""
        return self._predict(batch)

    def embed(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Terms of the sum: (S, D_m) -> (S, H)."""
        return {name: self._term(name, features[name]) for name in self.projections}

    def predict_embedded(self, batch: ConversationBatch) -> Tensor:
        """`predict` of a batch whose features went through `embed`."""
        return self._predict(batch, is_embedded=True)

    def _predict(self, batch: ConversationBatch, is_embedded: bool = False) -> Tensor:
        layout = batch.layout or Layout.of(batch.valid)
        fused = self.dropout(self.norm(self._sum(batch, layout, is_embedded)))
        heard = self.dropout(self._read(fused, layout))
        return layout.unpack(self.classifier(torch.cat([heard, fused], dim=1)))

    def _sum(self, batch: ConversationBatch, layout: Layout, is_embedded: bool) -> Tensor:
        """(N, H): s_t; only usable vectors are projected, or even read."""
        usable = layout.pack(batch.usable)
        if isinstance(layout, FixedLayout):
            return self._sum_unseen(batch, usable, is_embedded)
        total = self.norm.weight.new_zeros(len(usable), self.settings.hidden_dim)

        for name in self.projections:
            rows = usable[:, MODALITIES.index(name)].nonzero().squeeze(1)
            terms = batch.vectors(name, layout.cells[rows])
            if not is_embedded:
                terms = self._term(name, terms)
            total = torch.index_add(total, 0, rows, terms)
        return total

    def _sum_unseen(self, batch: ConversationBatch, usable: Tensor, is_embedded: bool) -> Tensor:
        """The same of the rows of a line, without a look at which are usable (N, M)."""
        features = batch.masked().features
        terms = []
        for name in self.projections:
            term = features[name].squeeze(0)
            if not is_embedded:
                term = self._term(name, term)
            terms.append(term * usable[:, MODALITIES.index(name), None])
        return torch.stack(terms).sum(dim=0)

    def _term(self, name: str, vectors: Tensor) -> Tensor:
        projection = self.projections[name]
        assert isinstance(projection, Linear)
        return linear_gelu(vectors, projection.weight, projection.bias)

    def _read(self, fused: Tensor, layout: Layout) -> Tensor:
        """(N, H) -> (N, 2H): both directions; no dialogue reads another one, or padding."""
        if isinstance(layout, FixedLayout):
            return read_fixed_gru(self.gru, fused, layout)
        turns = Turns.of(layout)
        packed = PackedSequence(fused.index_select(0, turns.order), turns.n_dialogues)
        heard, _ = self.gru(packed)
        return heard.data.index_select(0, turns.inverse)


def hide_some(usable: Tensor, share: float) -> Tensor:
    """(B, T, M) bool -> the same without a random `share` of the usable, but for one a row.

    The one that stays is drawn uniformly from what the row has, and does not depend on the rest.
    """
    if share == 0:
        return usable
    draws = torch.rand(usable.shape, device=usable.device).masked_fill(~usable, -1)
    is_last = draws == draws.amax(dim=-1, keepdim=True)
    return usable & ((draws >= share) | is_last)


def build(settings: GruSettings, shape: TaskShape) -> Learner:
    """Build the GRU for a task."""
    return GruLearner(settings, shape)
