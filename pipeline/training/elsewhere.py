"""A run shown another corpus than it was trained on: its test, where the task says so.

Vectors are standardised by the training role, as those of the run's own corpus are. A dialogue that
is longer than those of training is cut into windows (`conversations.windows`).

Shapes: R conditions, N utterances in line, C outputs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.errors import CheckpointError
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.dataset import Conversations, build_conversations, standardize
from pipeline.conversations.index import ConversationIndex
from pipeline.conversations.inference import predict_rates
from pipeline.conversations.other_stores import read_stores_of
from pipeline.conversations.reading import FoldTables
from pipeline.conversations.windows import Windows, cut_dialogues, trained_length
from pipeline.training.origins import origins
from pipeline.training.restored import RestoredRun

Masks = NDArray[np.bool_]
SHOWN = 3


@dataclass(frozen=True)
class Elsewhere:
    """The test dialogues of another corpus, and as the run's network sees them."""

    index: ConversationIndex
    conversations: Conversations
    windows: Windows
    in_windows: Conversations


def show(
    run: RestoredRun, tables: FoldTables, features: Sequence[Path], task: ScoredTask
) -> Elsewhere:
    """The test role of `tables` for a run; CheckpointError where its network cannot read it."""
    index = tables.visible("test")
    stores = standardize(
        read_stores_of(features, tables.utterances, run.facts["shape"]["feature_dims"]),
        run.standardization,
    )
    speaker_of = {row.utterance_id: row.speaker for row in tables.utterances}
    speakers = [speaker_of[name] for name in index.utterance_ids.tolist()]

    length = trained_length(run.learner, int(run.facts["shape"]["max_utterances"]))
    windows = cut_dialogues(index, speakers, length, run.learner.max_speakers)
    _refuse_too_many_speakers(index, windows, run.learner.max_speakers)
    made = [
        build_conversations(line, stores, tables.labels, task).to(run.conversations.device)
        for line in (index, windows.index)
    ]
    return Elsewhere(index, made[0], windows, made[1])


def predict_elsewhere(
    run: RestoredRun, shown: Elsewhere, masks: Masks, seed: Callable[[], None]
) -> NDArray[np.float32]:
    """(R, N, C) outputs under masks (R, N, 3); of several windows of an utterance the mean."""
    everything = np.arange(len(shown.windows.index.lengths))
    outputs = predict_rates(
        run.learner, shown.in_windows, everything, masks[:, shown.windows.places], seed
    )
    n_line = len(shown.index.label_rows)
    return np.stack([shown.windows.averaged(of_rate, n_line) for of_rate in outputs])


def check_same_encoders(features: Sequence[Path], others: Sequence[Path]) -> None:
    """Refuse vectors of another encoder, which mean other things, of whatever width they are."""
    trained, tested = origins(features), origins(others)
    for modality, mine in trained.items():
        theirs = tested.get(modality, {})
        keys = [name for name in mine if name != "libraries" and mine[name] != theirs.get(name)]
        if keys:
            there, here = ({name: told.get(name) for name in keys} for told in (mine, theirs))
            raise CheckpointError(
                f"{modality}: the run was trained on features made with {there}, those of the test "
                f"corpus are made with {here}: make both with the same encoder"
            )


def _refuse_too_many_speakers(index: ConversationIndex, windows: Windows, most: int | None) -> None:
    seen = set(windows.places.tolist())
    names = index.dialogue_of_utterances()
    unseen = dict.fromkeys(names[p] for p in range(len(names)) if p not in seen)
    if unseen:
        shown = ", ".join(list(unseen)[:SHOWN])
        raise CheckpointError(
            f"{len(unseen)} dialogues of the test corpus ({shown}, ...) have more speakers than "
            f"the {most} that the network was built for: train it on a corpus with as many, or "
            "take a method that knows no speakers"
        )
