"""What of a task's utterances was extracted at all: only that can be withheld."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.records import Label, Modality, Utterance
from pipeline.features.store import read_extracted


def read_extracted_cells(
    features: Sequence[Path],
    utterances: Sequence[Utterance],
    labels: Sequence[Label],
    modalities: Sequence[Modality],
) -> NDArray[np.bool_]:
    """(N, V) over the rows of labels.csv: what there is to withhold, of these modalities."""
    ids = [utterance.utterance_id for utterance in utterances]
    places = {name: row for row, name in enumerate(ids)}
    rows = np.array([places[label.utterance_id] for label in labels], dtype=np.int64)
    found = read_extracted(features, ids)
    return np.stack([found[modality][rows] for modality in modalities], axis=1)
