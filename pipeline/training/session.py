"""From files to a trained learner: everything between the command line and the loop.

The run sees the dialogues of the roles train and validation; no label of another one is read.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.learner import Learner, TaskShape
from pipeline.base.arrays import Arrays
from pipeline.base.records import ROLES
from pipeline.config.methods import parse_train_rate
from pipeline.conversations.class_weights import class_weights
from pipeline.conversations.dataset import (
    build_conversations,
    fit_standardization,
    shape_of,
    standardize,
)
from pipeline.conversations.reading import FoldTables, Stores
from pipeline.conversations.standardize import Standardization
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.contracts import Outcome, TrainingData, TrainOptions
from pipeline.training.learners import build_learner, count_parameters
from pipeline.training.loop import Trainer
from pipeline.training.randomness import seed_torch
from pipeline.training.settings import RunSettings

LEARNER = "learner."


@dataclass(frozen=True)
class Finished:
    """A trained run: named arrays of its weights, its outcome, and facts for run.json."""

    weights: Arrays
    outcome: Outcome
    facts: dict[str, Any]


def train_run(
    settings: RunSettings,
    tables: FoldTables,
    stores: Stores,
    masks: NDArray[np.bool_],
    train_rate: str,
    seed: int,
    device: torch.device,
    checkpoints: Checkpoints,
) -> Finished:
    """Train on one fold from one seed; `masks` (R, N, 3) over the visible line of utterances."""
    index = tables.visible("train", "validation")
    train = index.numbers_of(tables.roles["train"])
    standardization = None
    if settings.protocol.standardize:
        rows = index.store_rows[index.utterances_of(train)]
        standardization = fit_standardization(stores, rows)

    shape = shape_of(tables.index, stores, settings.task)
    seed_torch(seed, "init")
    learner = build_learner(settings.method, shape).to(device)

    conversations = build_conversations(
        index, standardize(stores, standardization), tables.labels, settings.task
    )
    _weigh_classes(learner, settings, conversations.labels[index.utterances_of(train)])
    data = TrainingData(
        conversations=conversations.to(device),
        train=train,
        validation=index.numbers_of(tables.roles["validation"]),
        validation_rates=settings.validation_rates(train_rate),
        validation_masks=masks,
        kind=settings.task.kind,
        score=settings.task.main_score,
    )

    options = TrainOptions(
        n_epochs=settings.train.n_epochs,
        rate=parse_train_rate(train_rate),
        generator=settings.protocol.generator,
        seed=seed,
        patience=settings.train.patience,
        keep=settings.train.keep,
    )

    outcome = Trainer(learner, data, options, checkpoints).run()
    return Finished(
        pack_weights(outcome, standardization),
        outcome,
        _facts(learner, shape, outcome, tables),
    )


def pack_weights(outcome: Outcome, standardization: Standardization | None) -> Arrays:
    """The learner's state, and the statistics that its inputs were standardised by."""
    arrays: Arrays = {f"{LEARNER}{name}": value.numpy() for name, value in outcome.weights.items()}
    return arrays | (dict(standardization.arrays()) if standardization else {})


def unpack_weights(arrays: Arrays) -> dict[str, torch.Tensor]:
    """The learner's state out of a file of weights."""
    return {
        name.removeprefix(LEARNER): torch.from_numpy(array)
        for name, array in arrays.items()
        if name.startswith(LEARNER)
    }


def shape_facts(shape: TaskShape) -> dict[str, Any]:
    """The shape as plain values, for run.json."""
    return {**asdict(shape), "feature_dims": dict(shape.feature_dims)}


def _weigh_classes(learner: Learner, settings: RunSettings, labels: Tensor) -> None:
    """Give the learner the weights that the task asks for, from the labels of training (N,)."""
    weights = class_weights(labels.numpy(), settings.task)
    if weights is None:
        return
    model = settings.method.model
    if not learner.weighs_classes:
        print(f"{model} has no loss that weighs classes: `class_weights` change nothing of it")
        return
    learner.class_weights = weights.to(next(learner.parameters()).device)
    shown = zip(settings.task.classes, weights.tolist(), strict=True)
    print(f"class weights: {', '.join(f'{name} {weight:.3g}' for name, weight in shown)}")


def _facts(
    learner: Learner, shape: TaskShape, outcome: Outcome, tables: FoldTables
) -> dict[str, Any]:
    n_utterances = {role: int(tables.visible(role).lengths.sum()) for role in ROLES}
    last = outcome.history[-1]["phase"]  # the one that epochs are selected from
    missing = [float(row["missing"]) for row in outcome.history if row["phase"] == last]

    return {
        "shape": shape_facts(shape),
        "parameters": count_parameters(learner),
        "best_epoch": outcome.best_epoch,
        "keep": "last" if outcome.keeps_last else "best",
        "best_score": outcome.best_score,
        "n_epochs": len(outcome.history),
        "realised_train_rate": sum(missing) / len(missing),
        "n_utterances": n_utterances,
        "n_dialogues": {role: len(dialogues) for role, dialogues in tables.roles.items()},
    }
