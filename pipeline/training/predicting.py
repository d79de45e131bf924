"""What a finished run says of dialogues, under every stored mask that is asked for.

Shapes: R conditions, N utterances in line, n of them predicted, C outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.records import Label
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.index import ConversationIndex, IntArray
from pipeline.conversations.inference import predict_rates
from pipeline.conversations.reading import FoldTables, read_fold
from pipeline.training.conditions import read_conditions
from pipeline.training.elsewhere import check_same_encoders, predict_elsewhere, show
from pipeline.training.randomness import seed_torch
from pipeline.training.restored import RestoredRun
from pipeline.training.settings import PredictSettings


@dataclass(frozen=True)
class TestFiles:
    """Files of the corpus that a task is tested on: None where it is the task's own."""

    __test__ = False  # no class of tests

    utterances: Path | None
    labels: Path | None
    splits: Path | None
    features: Sequence[Path] = ()
    masks: Sequence[Path] = ()

    def read(self, fold: int) -> FoldTables | None:
        """Its tables, seen from one fold."""
        if self.utterances is None or self.labels is None or self.splits is None:
            return None
        return read_fold(self.utterances, self.labels, self.splits, fold)


@dataclass(frozen=True)
class PredictRequest:
    """Files of R stored masks, of which fold, for what task, and the seed of the run."""

    settings: PredictSettings
    masks: Sequence[Path]
    features: Sequence[Path]
    fold: int
    seed: int

    def read(
        self, tables: FoldTables, index: ConversationIndex, dialogues: IntArray
    ) -> NDArray[np.bool_]:
        """(R, N, 3) over the line of `index`."""
        asked = (self.masks, self.settings.rates, self.fold)
        return read_conditions(*asked, tables.labels, index, dialogues)

    def reseed(self) -> None:
        """Set what a pass draws with: the same outputs whenever it runs."""
        seed_torch(self.seed, "predict")


@dataclass(frozen=True)
class Predicted:
    """Outputs (R, n, C) under masks (R, N, 3) for the n utterances at `places` of the line."""

    index: ConversationIndex
    conversations: Conversations
    labels: list[Label]
    places: IntArray  # (n,)
    masks: NDArray[np.bool_]
    outputs: NDArray[np.float32]

    @property
    def targets(self) -> NDArray[np.generic]:
        """(n,) class numbers or values."""
        targets: NDArray[np.generic] = self.conversations.labels.cpu().numpy()[self.places]
        return targets

    def named(self) -> tuple[list[str], list[str], list[str]]:
        """(n,) ids of utterances and of their dialogues, and targets as labels.csv writes them."""
        dialogues = self.index.dialogue_of_utterances()[self.places]
        labels = [self.labels[row].label for row in self.index.label_rows[self.places]]
        return self.index.utterance_ids[self.places].tolist(), dialogues.tolist(), labels

    def rows(
        self,
    ) -> tuple[NDArray[np.float32], NDArray[np.generic], NDArray[np.bool_], NDArray[np.str_]]:
        """Outputs, targets, cells (R, n, 3) that were extracted and not withheld, and ids."""
        extracted = self.conversations.extracted.cpu().numpy()[self.places]
        usable: NDArray[np.bool_] = self.masks[:, self.places] & extracted
        return self.outputs, self.targets, usable, self.index.utterance_ids[self.places]


def predict_run(
    run: RestoredRun, tables: FoldTables, asked: PredictRequest, files: TestFiles
) -> tuple[Predicted, Predicted]:
    """Of the validation role, for what probabilities are worth, and of the test role.

    One and the same where a protocol validates on the test role.
    Raises CheckpointError where the run cannot read the corpus that it is tested on.
    """
    validating = run.index.numbers_of(tables.roles["validation"])
    test_tables = files.read(asked.fold)
    if test_tables is not None:
        tests = predict_corpus(run, test_tables, files, asked)
    else:
        tests = predict_dialogues(run, tables, run.test, asked)
        if set(validating.tolist()) == set(run.test.tolist()):
            return tests, tests

    return predict_dialogues(run, tables, validating, asked), tests


def predict_dialogues(
    run: RestoredRun, tables: FoldTables, dialogues: IntArray, asked: PredictRequest
) -> Predicted:
    """Of dialogues of the run's own corpus."""
    masks = asked.read(tables, run.index, dialogues)
    outputs = predict_rates(run.learner, run.conversations, dialogues, masks, asked.reseed)
    places = run.index.utterances_of(dialogues)
    return Predicted(run.index, run.conversations, tables.labels, places, masks, outputs)


def predict_corpus(
    run: RestoredRun, tables: FoldTables, files: TestFiles, asked: PredictRequest
) -> Predicted:
    """Of the test role of another corpus."""
    check_same_encoders(asked.features, files.features)
    shown = show(run, tables, files.features, asked.settings.task)
    everything = np.arange(len(shown.index.lengths))
    masks = replace(asked, masks=files.masks).read(tables, shown.index, everything)
    outputs = predict_elsewhere(run, shown, masks, asked.reseed)
    places = shown.index.utterances_of(everything)
    return Predicted(shown.index, shown.conversations, tables.labels, places, masks, outputs)
