"""What the test role of every fold could use under each condition: stored masks and features."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.base.artefacts import features_place, mask_place
from pipeline.base.records import Label, SplitRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.features.extracted import read_extracted_cells
from pipeline.protocol.availability import Mask
from pipeline.protocol.stored_masks import read_masks
from pipeline.report.task_data import TaskResults


@dataclass(frozen=True)
class MaskedFold:
    """Test utterances of a fold under a condition; cells (n, M) of the task's M modalities."""

    condition: str
    fold: int
    utterance_ids: NDArray[np.str_]
    available: Mask
    extracted: Mask

    @property
    def usable(self) -> Mask:
        """Extracted and not withheld."""
        return self.available & self.extracted


def masked_folds(results: TaskResults) -> Iterator[MaskedFold]:
    """Condition by condition, rates first, the folds that were run; files are read one by one."""
    labels = read_rows(results.tested / "labels.csv", Label)
    utterances = read_rows(results.corpus / "utterances.csv", Utterance)
    modalities = results.section.sorted_modalities
    features = [results.corpus / features_place(name) for name in modalities]
    extracted = read_extracted_cells(features, utterances, labels, modalities)
    dialogue_of = {row.utterance_id: row.dialogue_id for row in utterances}
    dialogues = np.array([dialogue_of[label.utterance_id] for label in labels])

    ids = np.array([label.utterance_id for label in labels])
    tested = _tested(results, dialogues)
    columns = results.section.modality_columns
    for name in results.conditions:
        path = results.tested / mask_place(name, results.protocol.mask_seed)
        masks = read_masks(path, labels)
        for fold, rows in tested.items():
            available = masks.of_rows(fold, rows)[:, columns]
            yield MaskedFold(name, fold, ids[rows], available, extracted[rows])


def shares_with_nothing(results: TaskResults) -> dict[str, float]:
    """By condition: the share of test utterances of which a method gets nothing."""
    usable: dict[str, list[Mask]] = {}
    for masked in masked_folds(results):
        usable.setdefault(masked.condition, []).append(masked.usable)
    return {
        name: float(1 - np.concatenate(masks).any(axis=1).mean()) for name, masks in usable.items()
    }


def _tested(results: TaskResults, dialogues: NDArray[np.str_]) -> dict[int, NDArray[np.int64]]:
    """For each fold that was run: which rows of labels.csv it tests."""
    members: dict[int, set[str]] = {}
    folds = set(results.scores["fold"])
    for split in read_rows(results.tested / "splits.csv", SplitRow):
        if split.role == "test" and split.fold in folds:
            members.setdefault(split.fold, set()).add(split.dialogue_id)
    return {
        fold: np.flatnonzero(np.isin(dialogues, sorted(names))) for fold, names in members.items()
    }
