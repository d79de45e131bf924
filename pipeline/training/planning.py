"""Trainings that need more memory than there is, told from the tables alone.

The training itself refuses them too, but only once everything was extracted. Nothing here imports
torch for a corpus of usual size.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from pipeline.base.errors import TrainingError
from pipeline.base.records import Label, Modality, SplitRow, Utterance
from pipeline.config.methods import Method
from pipeline.config.tasks import ScoredTask, TaskSettings
from pipeline.conversations.index import ConversationIndex, index_utterances

# Methods as they come train on what lies below, whatever their batches.
USUAL_DIALOGUE, USUAL_CORPUS = 110, 20_000  # utterances
DIM = 8  # of a vector; what is asked about does not depend on it


def oversized(
    methods: Mapping[str, Method],
    task: TaskSettings,
    folds: Collection[int],
    utterances: Sequence[Utterance],
    labels: Sequence[Label],
    splits: Iterable[SplitRow],
    is_imported: bool = False,
) -> Iterator[str]:
    """A line for each method, by name, that cannot be trained on the training role of a fold.

    A method stands there with its settings at a rate. Of imported features the tables do not tell
    which modalities there are: all of the task may be.
    """
    index = index_utterances(utterances, labels)
    if index.max_utterances <= USUAL_DIALOGUE and index.lengths.sum() <= USUAL_CORPUS:
        return
    training: dict[int, list[str]] = {fold: [] for fold in folds}
    for row in splits:
        if row.role == "train" and row.fold in training:
            training[row.fold].append(row.dialogue_id)

    modalities = task.sorted_modalities
    there = modalities if is_imported else _there(modalities, utterances)
    for name, method in methods.items():
        if reason := _refusal(method, task.scored, there, index, training):
            yield f"methods.{name}: {reason}; or leave the method out of `train.methods`"


def _refusal(
    method: Method,
    task: ScoredTask,
    modalities: Sequence[Modality],
    index: ConversationIndex,
    training: Mapping[int, Sequence[str]],
) -> str:
    """Why a method cannot be trained, "" if it can."""
    from models.learner import TaskShape, TooLargeError
    from pipeline.training.learners import build_learner
    from pipeline.training.memory import check_batches

    shape = TaskShape(
        feature_dims=dict.fromkeys(modalities, DIM),
        n_outputs=len(task.classes) or 1,
        kind=task.kind,
        max_utterances=index.max_utterances,
        n_speakers=index.n_speakers,
    )
    try:
        learner = build_learner(method, shape)
        for dialogues in training.values():
            lengths = index.lengths[index.numbers_of(dialogues)]
            is_cut = learner.batching == "utterances"
            check_batches(learner, np.ones(lengths.sum(), np.int64) if is_cut else lengths)
    except (TooLargeError, TrainingError) as error:
        return str(error)
    return ""


def _there(modalities: Sequence[Modality], utterances: Sequence[Utterance]) -> list[Modality]:
    """Modalities of which something can be extracted."""
    has = {
        "text": any(row.text for row in utterances),
        "media": any(row.media for row in utterances),
    }
    found = [name for name in modalities if has["text" if name == "text" else "media"]]
    return found or list(modalities)
