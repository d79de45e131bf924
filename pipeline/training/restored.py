"""A finished run brought back: its learner, and the dialogues that it is shown."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models.learner import Learner
from pipeline.base.arrays import read_arrays
from pipeline.base.errors import CheckpointError
from pipeline.base.records import Role
from pipeline.config.methods import MethodSettings
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.dataset import (
    Conversations,
    build_conversations,
    shape_of,
    standardize,
)
from pipeline.conversations.index import ConversationIndex, IntArray
from pipeline.conversations.reading import FoldTables, Stores
from pipeline.conversations.standardize import Standardization
from pipeline.training.learners import build_learner
from pipeline.training.session import shape_facts, unpack_weights

ASKED = ("shape", "task", "method", "train_rate", "fold", "seed")
SHOWN = 300  # characters of what torch says


@dataclass(frozen=True)
class RestoredRun:
    """A trained learner and its data; `test` holds numbers of dialogues of `index`."""

    learner: Learner
    conversations: Conversations
    index: ConversationIndex
    test: IntArray
    facts: dict[str, Any]  # run.json
    standardization: Standardization | None = None  # by which the stores were changed


def restore_run(
    weights: Path,
    run: Path,
    tables: FoldTables,
    stores: Stores,
    task: ScoredTask,
    method: MethodSettings,
    device: torch.device,
    roles: tuple[Role, ...] = ("test",),
) -> RestoredRun:
    """Rebuild the learner of `weights`, and its data: dialogues of `roles`, the test among them."""
    index = tables.visible(*roles)
    shape = shape_of(tables.index, stores, task)
    facts = _read_facts(run)
    if facts["shape"] != shape_facts(shape):
        raise CheckpointError(f"{weights} were trained for {facts['shape']}, not for {shape}")

    arrays, _ = read_arrays(weights)
    learner = build_learner(method, shape).to(device)
    try:
        learner.load_state_dict(unpack_weights(arrays))
        standardization = Standardization.from_arrays(arrays)
        stores = standardize(stores, standardization)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())[:SHOWN]
        raise CheckpointError(
            f"{weights} are damaged, or not those of the run in {run}: delete the folder and "
            f"`snakemake` trains anew ({said})"
        ) from error

    conversations = build_conversations(index, stores, tables.labels, task).to(device)
    test = index.numbers_of(tables.roles["test"])
    return RestoredRun(learner, conversations, index, test, facts, standardization)


def _read_facts(run: Path) -> dict[str, Any]:
    """run.json, with the keys that are asked of it here and by `trace`."""
    try:
        facts: dict[str, Any] = json.loads(run.read_text(encoding="utf-8"))
        return {**facts, **{key: facts[key] for key in ASKED}}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{run} is damaged: delete its folder and `snakemake` trains anew ({error!r})"
        ) from error
