"""GCNet: recurrent and graph layers complete dialogues that lack modalities.

Lian, Chen, Sun, Liu and Tao 2023, "GCNet: Graph completion network for incomplete multimodal
learning in conversation" (reading.md B.5). All modalities -> bidirectional LSTM -> two branches,
one with temporal and one with speaker relations, each graph -> LSTM -> attention -> linear; their
sum is classified and decoded to the features.

Parameters with hidden 200, features of 512, 1024, 1024, two speakers, four classes: 28,098,364. The
published count of 34,139,164 (paper Table 5: 34.14M) holds what the published code creates and, as
its authors ran it, never calls: a bidirectional GRU of 4,036,800 and both attentions over time, of
2,004,000. `idle_parts` creates them here too.

Left out: the GRU form of the network, and a second set of features for the listener (an utterance
has its speaker's). Departures: recurrent layers stop at a dialogue's last utterance, so padding
cannot reach a valid one; what was never extracted is no target of reconstruction.

Shapes: N packed utterances of all dialogues (`models.fast.layout`), C outputs, D_m features; h
hidden.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.fast import switch
from models.fast.fixed_layout import FixedLayout
from models.fast.layout import Layout
from models.fast.products import Linear, linear
from models.fast.recurrent import BidirectionalLstm, Turns
from models.gcnet.dialogue_graph import (
    FEW_RELATIONS,
    GraphConv,
    RelationalConv,
    Relations,
    Window,
    speaker_kinds,
    temporal_kinds,
)
from models.gcnet.settings import GcnetSettings
from models.learner import (
    Learner,
    Loss,
    OptimizerGroup,
    Phase,
    TaskShape,
    check_values,
)
from models.losses import reconstruction_error, task_loss

Attending = Literal["used", "idle", "none"]
VALUES_PER_PAIR = 2  # of an attention over time: its weights before and after softmax
N_TEMPORAL = 3  # the target comes later, is the source itself, comes earlier


class TimeAttention(nn.Module):
    """Every utterance reads its dialogue: masked softmax of tanh((x_i W + b) . x_j), "general2"."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.transform = Linear(dim, dim)

    def forward(self, x: Tensor, layout: Layout) -> Tensor:
        """(N, D) -> (N, D), dialogue by dialogue: each is one block of rows."""
        if isinstance(layout, FixedLayout):
            return self._read_padded(x, layout)
        blocks = (rows.split(layout.lengths) for rows in (self.transform(x), x))
        return torch.cat(
            [(q @ keys.T).tanh().softmax(dim=1) @ keys for q, keys in zip(*blocks, strict=True)]
        )

    def _read_padded(self, x: Tensor, layout: FixedLayout) -> Tensor:
        """The same in one bucket, (S, K, D), whose padding is no key."""
        (bucket,) = layout.buckets
        queries, keys = (bucket.pad(rows).transpose(0, 1) for rows in (self.transform(x), x))
        scores = torch.bmm(queries, keys.mT).tanh()
        if bucket.key_bias is not None:
            scores = scores + bucket.key_bias[:, 0]
        return bucket.unpad(torch.bmm(scores.softmax(dim=2), keys).transpose(0, 1))


class GraphBranch(nn.Module):
    """Graph over the window, then LSTM and attention over the dialogue: (N, 2h) -> (N, D)."""

    def __init__(self, dim: int, n_relations: int, dropout: float, attention: Attending) -> None:
        super().__init__()
        graph_dim = dim // 4  # h / 2
        self.out_dim = dim + graph_dim
        self.relational = RelationalConv(dim, graph_dim, n_relations)
        self.graph = GraphConv(graph_dim, graph_dim)
        self.lstm = BidirectionalLstm(self.out_dim, self.out_dim, dropout)
        self.attention = None if attention == "none" else TimeAttention(2 * self.out_dim)
        self.is_attending = attention == "used"
        self.reduce = Linear(2 * self.out_dim, self.out_dim)

    def forward(
        self, x: Tensor, relations: Relations, layout: Layout, turns: Turns | FixedLayout
    ) -> Tensor:
        """(N, 2h) -> (N, D), D = 2h + h / 2."""
        local = self.graph(self.relational(x, relations), relations.window)
        context = self.lstm(torch.cat([x, local], dim=1), turns)
        if self.attention is not None and self.is_attending:
            context = self.attention(context, layout)
        return torch.relu(self.reduce(context))


class Gcnet(Learner):
    """Recurrent layers, two graph branches, classifier, decoder (reading.md B.5)."""

    weighs_classes = True

    def __init__(self, settings: GcnetSettings, shape: TaskShape) -> None:
        super().__init__()
        in_dim, hidden_dim = sum(shape.feature_dims.values()), settings.hidden_dim
        if hidden_dim % 2:
            raise ValueError(f"gcnet: hidden_dim={hidden_dim} is odd; graph layers have half of it")
        check_values(
            shape.n_speakers**2 * hidden_dim**2,
            f"gcnet: relations between {shape.n_speakers:,} speakers of one dialogue",
            "lower `hidden_dim`, cut dialogues into parts, or name fewer speakers",
        )

        self.settings, self.shape = settings, shape
        self.batch_size = settings.batch_size
        self.max_speakers = shape.n_speakers
        self.is_replayable = shape.n_speakers**2 <= FEW_RELATIONS
        dropout, has_idle = settings.dropout, settings.idle_parts
        attention: Attending = "idle" if has_idle else "none"
        if settings.time_attention:
            attention = "used"
            self.values_per_pair = 2 * VALUES_PER_PAIR  # both branches

        self.lstm = BidirectionalLstm(in_dim, hidden_dim, dropout)
        self.idle_gru = nn.GRU(in_dim, hidden_dim, 2, bidirectional=True) if has_idle else None
        width = 2 * hidden_dim
        self.temporal = GraphBranch(width, N_TEMPORAL, dropout, attention)
        self.speaker = GraphBranch(width, shape.n_speakers**2, dropout, attention)
        self.classifier = Linear(self.temporal.out_dim, shape.n_outputs)
        self.decoder = Linear(self.temporal.out_dim, in_dim)

    def phases(self) -> Sequence[Phase]:
        """One phase, Adam on everything."""
        optimised = self.settings.learning_rate, self.settings.weight_decay
        return [Phase("train", [OptimizerGroup.adam([self], *optimised)])]

    @property
    def embeds(self) -> bool:
        """By our recurrence on a CPU; torch's own LSTM reads the features themselves."""
        return self.classifier.weight.device.type == "cpu" and switch.is_on()

    def embed(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What each modality adds to the gates of the first LSTM: (S, D_m) -> (S, 8h)."""
        dims = self.shape.feature_dims
        weights = torch.split(self.lstm.input_weight(), list(dims.values()), dim=1)
        return {name: linear(features[name], w) for name, w in zip(dims, weights, strict=True)}

    def hidden(
        self, utterances: ConversationBatch, layout: Layout, is_embedded: bool = False
    ) -> Tensor:
        """The batch's N valid utterances, in the order of `layout` -> (N, D), D = 2h + h / 2.

        `is_embedded`: their features are those that `embed` gave.
        """
        turns = layout if isinstance(layout, FixedLayout) else Turns.of(layout)
        features = utterances.masked().features
        vectors = [features[name].squeeze(1) for name in self.shape.feature_dims]
        if is_embedded:
            for vector in vectors[1:]:
                vectors[0] += vector
            x = self.lstm.read_embedded(vectors[0], turns)
        else:
            x = self.lstm(torch.cat(vectors, dim=1), turns)

        window = self._window(layout)
        speakers = utterances.speakers.squeeze(1)
        by_time = temporal_kinds(window)
        by_speaker = speaker_kinds(window, speakers, self.shape.n_speakers)

        temporal = self.temporal(x, Relations.of(window, by_time, x.dtype), layout, turns)
        speaker = self.speaker(x, Relations.of(window, by_speaker, x.dtype), layout, turns)
        return torch.add(temporal, speaker)

    def _window(self, layout: Layout) -> Window:
        past, future = self.settings.window_past, self.settings.window_future
        if isinstance(layout, FixedLayout):
            return Window.in_room(layout.owner, layout.valid, past, future)
        return Window.of(layout.lengths, past, future, layout.cells.device)

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Task + weight * reconstruction of what was withheld, both per valid utterance."""
        layout = batch.layout or Layout.of(batch.valid)
        utterances = batch.utterances(layout.cells)
        hidden = self.hidden(utterances, layout).unsqueeze(1)
        dims = self.shape.feature_dims
        decoded = self.decoder(hidden).split(list(dims.values()), dim=-1)
        task = task_loss(self.classifier(hidden), utterances, self.shape.kind, self.class_weights)
        errors = reconstruction_error(dict(zip(dims, decoded, strict=True)), utterances)
        reconstruction = errors / layout.valid.sum()
        return Loss(
            task + self.settings.reconstruction_weight * reconstruction,
            {"task": task.detach(), "reconstruction": reconstruction.detach()},
        )

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) logits, 0 on padding."""
        return self._predict(batch)

    def predict_embedded(self, batch: ConversationBatch) -> Tensor:
        """`predict` of a batch whose features went through `embed`."""
        return self._predict(batch, is_embedded=True)

    def _predict(self, batch: ConversationBatch, is_embedded: bool = False) -> Tensor:
        layout = batch.layout or Layout.of(batch.valid)
        hidden = self.hidden(batch.utterances(layout.cells), layout, is_embedded)
        return layout.unpack(self.classifier(hidden))


def build(settings: GcnetSettings, shape: TaskShape) -> Learner:
    """Build GCNet for a task."""
    return Gcnet(settings, shape)
