"""What one run says of every utterance of a corpus, and how far to trust it.

Shapes: N utterances in line, C outputs, K names with a probability (classes, or the two sides of a
sentiment).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.base.records import MODALITIES
from pipeline.conversations.dataset import standardize, unlabelled_conversations
from pipeline.conversations.inference import predict_rates
from pipeline.conversations.windows import cut_dialogues, trained_length
from pipeline.evaluation.calibration import Calibration
from pipeline.evaluation.pattern_names import pattern_names
from pipeline.evaluation.predictions import probabilities
from pipeline.evaluation.temperature import as_signs, calibrated
from pipeline.tools.label.corpus import Corpus
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.trained import TrainedRun
from pipeline.training.randomness import seed_torch

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class RunOpinion:
    """Outputs (N, C), probabilities (N, K), expected accuracy with its interval (N, 3).

    NaN where the network cannot say, or nobody knows. `found` (N, 3): what the run could use.
    """

    outputs: NDArray[np.float32]
    shares: Numbers
    expected: Numbers
    found: NDArray[np.bool_]

    @property
    def speaks(self) -> NDArray[np.bool_]:
        """(N,): of which utterances the run says anything: of those that it found something of."""
        can_say = np.isfinite(self.outputs).all(axis=1)
        return np.logical_and(can_say, self.found.any(axis=1))


def ask(run: TrainedRun, corpus: Corpus, device: torch.device) -> RunOpinion:
    """All that was found of the corpus, shown to a run; nothing is withheld."""
    outputs = predict(run, corpus, device)
    patterns = pattern_names(corpus.found, MODALITIES)
    return RunOpinion(
        outputs, _shares(run, outputs, patterns), _expected(run.calibration, patterns), corpus.found
    )


def predict(run: TrainedRun, corpus: Corpus, device: torch.device) -> NDArray[np.float32]:
    """(N, C) outputs in line; NaN in dialogues of more speakers than the network takes."""
    learner = run.learner.to(device)
    length = trained_length(learner, run.facts.shape.max_utterances)
    windows = cut_dialogues(corpus.index, corpus.speakers, length, learner.max_speakers)
    n_line = len(corpus.index.store_rows)
    if not len(windows.places):
        return np.full((n_line, run.facts.shape.n_outputs), np.nan, np.float32)

    stores = standardize(corpus.stores, run.standardization)
    conversations = unlabelled_conversations(windows.index, stores).to(device)
    masks = np.ones((1, len(windows.places), len(MODALITIES)), dtype=bool)
    found = predict_rates(
        *(learner, conversations, np.arange(len(windows.index.lengths)), masks),
        lambda: seed_torch(run.facts.name.seed, "predict"),
    )[0]
    if not np.isfinite(found).all():
        raise LabelError("the run's network gives NaN or infinity for this corpus: no labels")
    return windows.averaged(found, n_line)


def _shares(run: TrainedRun, outputs: NDArray[np.float32], patterns: list[str]) -> Numbers:
    """Calibrated where the run knows how; of classes as the network has them where it does not."""
    told = run.calibration
    is_of_classes = bool(run.facts.task.classes)
    if told is not None and not told.reason:
        logits = outputs if is_of_classes else as_signs(outputs)
        return calibrated(logits, patterns, told.temperatures)
    if is_of_classes and run.learner.gives_logits:
        return probabilities(outputs)
    return np.zeros((len(outputs), 0))


def _expected(told: Calibration | None, patterns: list[str]) -> Numbers:
    """(N, 3) accuracy of the test role for what was found, and the ends of its interval."""
    expected = np.full((len(patterns), 3), np.nan)
    if told is not None:
        for row, pattern in enumerate(patterns):
            if (seen := told.expected(pattern)) is not None:
                expected[row] = seen.after.accuracy, *seen.interval
    return expected
