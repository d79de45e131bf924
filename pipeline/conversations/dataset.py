"""`Conversations`: the dialogues of a task as tensors, features kept once.

A feature tensor (S, D_m) is the whole store of modality m, one row per row of utterances.csv;
utterances point into it by row. Labels exist only for the dialogues that were asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.learner import TaskShape
from pipeline.base.records import MODALITIES, Label
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.index import ConversationIndex, IntArray
from pipeline.conversations.reading import Stores
from pipeline.conversations.standardize import Standardization, fit


@dataclass(frozen=True)
class Conversations:
    """N utterances in line (`ConversationIndex`), with what a batch needs of them."""

    index: ConversationIndex
    features: Mapping[str, Tensor]  # modality -> (S, D_m) float32
    extracted: Tensor  # (N, 3) bool; False in the columns of absent modalities
    rows: Tensor  # (N,) int64 row in the feature tensors
    speakers: Tensor  # (N,) int64
    labels: Tensor  # (N,) int64 classes or float32 values

    @property
    def device(self) -> torch.device:
        """Where all tensors lie."""
        return self.rows.device

    def to(self, device: torch.device) -> "Conversations":
        """The same conversations on `device`."""
        return replace(
            self,
            features={name: value.to(device) for name, value in self.features.items()},
            extracted=self.extracted.to(device),
            rows=self.rows.to(device),
            speakers=self.speakers.to(device),
            labels=self.labels.to(device),
        )


def build_conversations(
    index: ConversationIndex, stores: Stores, labels: Sequence[Label], task: ScoredTask
) -> Conversations:
    """The dialogues of `index`, with the labels of these and of no others."""
    texts = [labels[row].label for row in index.label_rows]
    return _place(index, stores, torch.from_numpy(targets(texts, task)))


def unlabelled_conversations(index: ConversationIndex, stores: Stores) -> Conversations:
    """The dialogues of `index`, to be predicted only: labels are zeros that nothing reads."""
    return _place(index, stores, torch.zeros(len(index.store_rows), dtype=torch.int64))


def _place(index: ConversationIndex, stores: Stores, labels: Tensor) -> Conversations:
    extracted = np.zeros((len(index.store_rows), len(MODALITIES)), dtype=bool)
    for column, modality in enumerate(MODALITIES):
        if modality in stores:
            extracted[:, column] = stores[modality].extracted[index.store_rows]
    return Conversations(
        index=index,
        features={m: torch.from_numpy(stores[m].features) for m in MODALITIES if m in stores},
        extracted=torch.from_numpy(extracted),
        rows=torch.from_numpy(index.store_rows),
        speakers=torch.from_numpy(index.speakers),
        labels=labels,
    )


def targets(labels: Sequence[str], task: ScoredTask) -> NDArray[np.int64] | NDArray[np.float32]:
    """Class numbers in the order of the task's classes, or float32 values."""
    if task.kind == "regression":
        return np.array([float(label) for label in labels], dtype=np.float32)
    numbers = {name: number for number, name in enumerate(task.classes)}
    if unknown := sorted(set(labels) - set(numbers)):
        raise ValueError(f"labels.csv holds {unknown}, not among the classes {list(numbers)}")
    return np.array([numbers[label] for label in labels], dtype=np.int64)


def shape_of(index: ConversationIndex, stores: Stores, task: ScoredTask) -> TaskShape:
    """What networks must know, `index` being that of all labelled dialogues of the task."""
    return TaskShape(
        feature_dims={m: stores[m].dim for m in MODALITIES if m in stores},
        n_outputs=1 if task.kind == "regression" else len(task.classes),
        kind=task.kind,
        max_utterances=index.max_utterances,
        n_speakers=index.n_speakers,
    )


def fit_standardization(stores: Stores, rows: IntArray) -> Standardization:
    """Statistics over these rows of the stores: those of the training role."""
    fitted = {m: fit(store.features[rows], store.extracted[rows]) for m, store in stores.items()}
    return Standardization(
        {m: f[0] for m, f in fitted.items()}, {m: f[1] for m, f in fitted.items()}
    )


def standardize(stores: Stores, standardization: Standardization | None) -> Stores:
    """The stores, standardised if there is something to standardise by."""
    if standardization is None:
        return stores
    return {
        m: replace(store, features=standardization.apply(m, store.features, store.extracted))
        for m, store in stores.items()
    }
