"""`IteacNetwork`: one network of ITEACNet, teacher or student, from features to logits.

paper and reading.md A.2: a Linear for each modality, ECCE for each modality (the teacher's is Eq.
1, the student's Eq. 2), encoder layers (Eq. 3, Eq. 4), and a Linear classifier on the last fused
text. Teacher and student share nothing.

Shapes: B dialogues, T utterances, N rows of a `Layout`, D hidden, C outputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.fast.layout import Layout
from models.fast.products import linear
from models.iteacnet.context_encoder import ContextEncoder
from models.iteacnet.encoder import EncoderLayer
from models.iteacnet.fusion import hub_of
from models.iteacnet.settings import IteacnetSettings, NetworkSettings
from models.iteacnet.trace import BlockTrace, LayerTrace, Trace, layer_trace
from models.layers import Biases, masked_biases
from models.learner import TaskShape, check_values
from models.vocabulary import MODALITIES


@dataclass(frozen=True)
class NetworkOutput:
    """Logits and hidden states on packed rows, logits as a padded tensor too."""

    layout: Layout
    logit_rows: Tensor  # (N, C)
    hidden_rows: tuple[Tensor, ...]  # H_1, H_2, ... (N, D), from the classifier as in the paper
    trace: tuple[LayerTrace, ...] = ()  # from the first layer to the last; empty if not asked for

    @property
    def logits(self) -> Tensor:
        """(B, T, C), zero where there is no row."""
        return self.layout.unpack(self.logit_rows)


class IteacNetwork(nn.Module):
    """Encoder layers over the modalities of a task, and a classifier.

    `own` are the settings that teacher and student have each for itself.
    """

    def __init__(self, settings: IteacnetSettings, own: NetworkSettings, shape: TaskShape) -> None:
        super().__init__()
        if not shape.feature_dims:
            raise ValueError("the task has no modality: feature_dims is empty")
        _check_length(settings, own, shape)
        dim = settings.hidden_dim
        self.settings, self.own = settings, own
        self.modalities = tuple(name for name in MODALITIES if name in shape.feature_dims)
        self.projections = nn.ModuleDict(
            {name: nn.Linear(shape.feature_dims[name], dim) for name in self.modalities}
        )
        n_contexts = own.n_layers if settings.context.per_layer else 1
        # ECCE guides attention only (Eq. 10): without attention there is nothing to guide.
        has_context = settings.context.is_global and "attention" in own.candidates
        self.contexts = nn.ModuleList(
            nn.ModuleDict(
                {
                    name: ContextEncoder(dim, settings.n_heads, settings.context)
                    for name in self.modalities
                }
            )
            for _ in range(n_contexts if has_context else 0)
        )
        self.layers = nn.ModuleList(
            EncoderLayer(self.modalities, settings, own, shape.max_utterances)
            for _ in range(own.n_layers)
        )
        self.classifier = nn.Linear(dim, shape.n_outputs)

    @property
    def n_maps(self) -> int:
        """Values of ECCE that a step holds for each two utterances of a dialogue."""
        heads = self.settings.n_heads if self.settings.context.per_head else 1
        return heads * len(self.modalities) * len(self.contexts)

    def lay_out(self, batch: ConversationBatch) -> Layout:
        """The layout that `forward` makes for itself where it is given none."""
        if batch.layout is not None:
            return batch.layout
        return Layout.of(batch.valid, is_padded=self.settings.padding == "published")

    def embed(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Features (..., D_m) by modality -> (..., D): the projections without their biases."""
        return {
            name: linear(features[name], self._projection(name).weight) for name in self.modalities
        }

    def forward(
        self,
        batch: ConversationBatch,
        layout: Layout | None = None,
        trace: Trace | None = None,
        is_embedded: bool = False,
    ) -> NetworkOutput:
        """ECCE, then layers (Eq. 1 to 4), on what is usable in the batch and nothing else.

        `is_embedded`: the features of the batch are those that `embed` gave.
        """
        layout = self.lay_out(batch) if layout is None else layout
        x = self._project(batch, layout, is_embedded)
        hidden: list[Tensor] = []
        traces: list[LayerTrace] = []
        contexts: dict[str, list[Tensor]] = {}
        biases: dict[str, Biases] = {}

        for i, layer in enumerate(self.layers):
            if i < len(self.contexts):
                contexts = self._context(i, x, layout)
                biases = {m: masked_biases(parts, layout) for m, parts in contexts.items()}

            blocks = None
            if trace is not None:
                blocks = {m: BlockTrace([] if trace == "all" else None) for m in self.modalities}

            x = layer(x, layout, biases, blocks)
            hidden.insert(0, x[hub_of(self.modalities)])
            if blocks is not None:
                traces.append(layer_trace(layout, blocks, contexts if trace == "all" else {}))
        return NetworkOutput(layout, self.classifier(hidden[0]), tuple(hidden), tuple(traces))

    def _context(self, i: int, x: Mapping[str, Tensor], layout: Layout) -> dict[str, list[Tensor]]:
        """ECCE of every modality (Eq. 1 and 2)."""
        encoders = self.contexts[i]
        assert isinstance(encoders, nn.ModuleDict)
        return {name: encoder(x[name], layout) for name, encoder in encoders.items()}

    def _project(
        self, batch: ConversationBatch, layout: Layout, is_embedded: bool
    ) -> dict[str, Tensor]:
        """Features -> rows (N, D) by modality; a modality that is not usable counts as zeros.

        The Linear of zeros is its bias, so only usable cells are multiplied, or even read.
        """
        if batch.layout is not None:
            return self._project_all(batch, layout, is_embedded)
        usable = layout.pack(batch.usable)
        there = {
            name: usable[:, MODALITIES.index(name)].nonzero().squeeze(1) for name in self.modalities
        }

        present = {name: batch.vectors(name, layout.cells[cells]) for name, cells in there.items()}
        if not is_embedded:
            present = self.embed(present)

        rows = {}
        for name, values in present.items():
            empty = values.new_zeros(len(usable), values.shape[1])
            rows[name] = (
                torch.index_add(empty, 0, there[name], values) + self._projection(name).bias
            )
        return rows

    def _project_all(
        self, batch: ConversationBatch, layout: Layout, is_embedded: bool
    ) -> dict[str, Tensor]:
        """`_project` of every row: which are usable is a value, that nothing may wait for here."""
        masked = batch.masked()
        rows = {name: masked.vectors(name, layout.cells) for name in self.modalities}
        if not is_embedded:
            rows = self.embed(rows)
        return {name: values + self._projection(name).bias for name, values in rows.items()}

    def _projection(self, name: str) -> nn.Linear:
        projection = self.projections[name]
        assert isinstance(projection, nn.Linear)
        return projection


def _check_length(settings: IteacnetSettings, own: NetworkSettings, shape: TaskShape) -> None:
    """Layers over time hold weights for each pair of utterances of the longest dialogue."""
    longest, names = shape.max_utterances, own.candidates
    n_matrices = 2 * names.count("time_mlp") + names.count("time_linear")
    check_values(
        n_matrices * longest**2 * own.n_layers * len(shape.feature_dims),
        f"layers over time for dialogues of {longest:,} utterances",
        "cut dialogues into parts, or leave `time_mlp` and `time_linear` out of the network's "
        "`mixers` (e.g. [attention, average_pool, max_pool])",
    )

    if settings.context.is_global and settings.context.per_head and "attention" in names:
        check_values(
            settings.n_heads * longest**2 * own.n_layers * len(shape.feature_dims),
            f"maps of ECCE for every head, for dialogues of {longest:,} utterances,",
            "cut dialogues into parts, or set `context.per_head: false`",
        )
