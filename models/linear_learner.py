"""`LinearLearner`, what logistic and late_fusion share: a linear model for each set of modalities.

A model of a set is fitted to all training utterances of which every modality of the set was
extracted, by these modalities alone: on complete data, whatever the training rate, or (`training:
masked`) on what the masks of that rate leave. It sees one utterance, never its dialogue. Features
are standardised by the training rows of their modality. The strength of each model is the one whose
outputs score best on the validation role, all its utterances that have the set's modalities. One
epoch is the whole of it: no gradient steps, no random number.

Shapes: B dialogues, T utterances, N rows, D_m features of modality m, C outputs.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.learner import Batching, Learner, Loss, Masks, Phase, Score, TaskShape
from models.linear import Fit, fits, prior
from models.linear_settings import LinearSettings
from models.losses import task_loss
from models.vocabulary import MODALITIES

JOINT = "+"
N_LOWER = 2  # scores in a row below the best one, after which a path ends


class LinearLearner(Learner):
    """Models by the names of their modalities, `audio+text`; methods differ in `predict`."""

    batching: Batching = "full"
    masks: Masks = "per_run"
    weighs_classes = True
    prior: Tensor  # (C,)

    def __init__(
        self, sets: Sequence[Sequence[str]], settings: LinearSettings, shape: TaskShape
    ) -> None:
        super().__init__()
        self.settings, self.shape, self.sets = settings, shape, [tuple(names) for names in sets]

        for name, dim in shape.feature_dims.items():
            self.register_buffer(f"mean_{name}", torch.zeros(dim))
            self.register_buffer(f"scale_{name}", torch.ones(dim))
        self.register_buffer("prior", torch.zeros(shape.n_outputs))

        self.linears = nn.ModuleDict(
            {
                JOINT.join(names): nn.Linear(
                    sum(shape.feature_dims[name] for name in names), shape.n_outputs
                )
                for names in self.sets
            }
        )
        self._validation: tuple[ConversationBatch, Score] | None = None

    def phases(self) -> Sequence[Phase]:
        """One look at the whole training set; nothing is stepped."""
        return [Phase("fit", [], n_epochs=1, is_complete=self.settings.training == "complete")]

    def count_parameters(self) -> int:
        """Values of all linear models."""
        return sum(parameter.numel() for parameter in self.linears.parameters())

    def tune(self, batch: ConversationBatch, score: Score) -> None:
        """Keep what strengths are chosen by until the fit."""
        self._validation = batch, score

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Fit everything; the loss of what came out, and the strengths that were chosen."""
        self._fit_statistics(batch)
        chosen = {}
        for names in self.sets:
            found = self._fit(names, batch)
            linear = self.linears[JOINT.join(names)]
            with torch.no_grad():
                for name, value in (("weight", found.weight), ("bias", found.bias)):
                    linear.get_parameter(name).copy_(value)
            chosen[f"strength_{JOINT.join(names)}"] = torch.tensor(found.strength)
        self._validation = None
        return Loss(
            task_loss(self.predict(batch), batch, self.shape.kind, self.class_weights), chosen
        )

    def outputs(self, names: Sequence[str], batch: ConversationBatch, cells: Tensor) -> Tensor:
        """(n, C): the model of a set at flat cells of the grid, which have all its modalities."""
        logits: Tensor = self.linears[JOINT.join(names)](self._rows(names, batch, cells))
        return logits

    def having(self, names: Sequence[str], batch: ConversationBatch) -> Tensor:
        """(B * T,) bool: utterances of which every modality of a set is usable."""
        columns = [MODALITIES.index(name) for name in names]
        return batch.usable[..., columns].all(dim=-1).flatten()

    def _rows(self, names: Sequence[str], batch: ConversationBatch, cells: Tensor) -> Tensor:
        """(n, sum of D_m), standardised."""
        parts = []
        for name in names:
            mean, scale = self._statistics(name)
            parts.append((batch.vectors(name, cells) - mean) / scale)
        return torch.cat(parts, dim=-1)

    def _statistics(self, name: str) -> tuple[Tensor, Tensor]:
        """Mean and deviation (D_m,) of a modality: buffers, so that they go where weights go."""
        return self.get_buffer(f"mean_{name}"), self.get_buffer(f"scale_{name}")

    def _fit_statistics(self, batch: ConversationBatch) -> None:
        """Mean and deviation of each modality, and the prior, of the training rows."""
        for name in self.shape.feature_dims:
            cells = self.having([name], batch).nonzero().squeeze(1)
            if len(cells):
                rows = batch.vectors(name, cells).double()
                mean, scale = self._statistics(name)
                deviation = rows.std(dim=0, correction=0)
                mean.copy_(rows.mean(dim=0))
                scale.copy_(torch.where(deviation > 0, deviation, 1.0))
        labels = batch.labels[batch.valid].cpu()
        self.prior.copy_(prior(labels, self.shape.kind, self.shape.n_outputs))

    def _fit(self, names: Sequence[str], batch: ConversationBatch) -> Fit:
        """The fit that scores best on the validation role; without one, that of the middle C."""
        rows, target = self._told(names, batch)
        strengths = sorted(self.settings.strengths)
        kind, n_outputs = self.shape.kind, self.shape.n_outputs
        path = fits(rows, target, kind, n_outputs, strengths, self.class_weights)
        if self._validation is not None:
            validation, score = self._validation
            held_out, truth = self._told(names, validation)
            if len(truth):
                return best_of(path, lambda fit: score(truth, fit.outputs(held_out)))
        middle = len(strengths) // 2
        return list(islice(path, middle + 1))[-1]

    def _told(self, names: Sequence[str], batch: ConversationBatch) -> tuple[Tensor, Tensor]:
        """Rows (n, D) float64 that have the set's modalities, and their targets, on the CPU."""
        cells = self.having(names, batch).nonzero().squeeze(1)
        rows = self._rows(names, batch, cells).double().cpu()
        return rows, batch.labels.flatten()[cells].cpu()


def best_of(path: Iterable[Fit], score: Callable[[Fit], float]) -> Fit:
    """The first fit of the highest score; weaker pulls than two that scored lower are not tried."""
    best, highest, n_lower = None, -math.inf, 0
    for found in path:
        value = score(found)
        n_lower = 0 if value >= highest else n_lower + 1
        if best is None or value > highest:
            best, highest = found, value
        if n_lower == N_LOWER:
            break
    assert best is not None
    return best


def subsets(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """All sets of modalities but the empty one, in the order of `names`."""
    for number in range(1, 2 ** len(names)):
        yield tuple(name for place, name in enumerate(names) if number >> place & 1)
