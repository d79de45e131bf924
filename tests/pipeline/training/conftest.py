from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from models.learner import Learner, Loss, OptimizerGroup, Phase
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.dataset import build_conversations
from pipeline.conversations.reading import read_fold, read_stores
from pipeline.training.conditions import read_conditions
from pipeline.training.contracts import TrainingData, TrainOptions
from pipeline.training.loop import Trainer

DIMS = {"audio": 5, "text": 7, "visual": 4}
SUM = sum(DIMS.values())


class Linear(Learner):
    """Softmax regression with dropout on the usable features of each utterance."""

    batch_size = 4

    def __init__(self, **attributes):
        super().__init__()
        self.read = nn.Linear(SUM, 3)
        self.dropout = nn.Dropout(0.2)
        self.seen = []  # rows of every batch that it was trained on
        for name, value in attributes.items():
            setattr(self, name, value)

    def phases(self):
        return [Phase("only", [OptimizerGroup(list(self.read.parameters()), 0.05)])]

    def logits(self, batch):
        return self.read(self.dropout(torch.cat(list(batch.masked().features.values()), dim=-1)))

    def loss(self, batch, phase, group=0):
        self.seen.append((phase, group, batch.rows.clone(), batch.available.clone()))
        total = nn.functional.cross_entropy(
            self.logits(batch)[batch.valid], batch.labels[batch.valid]
        )
        return Loss(total, {"entropy": total.detach()})

    def predict(self, batch):
        return self.logits(batch)


@pytest.fixture
def make_learner():
    def make(kind=Linear, seed=0, **attributes):
        torch.manual_seed(seed)
        return kind(**attributes)

    make.Linear = Linear
    return make


@pytest.fixture(scope="session")
def data(small_task):
    folder = small_task.folder
    tables = read_fold(*(folder / f"{n}.csv" for n in ("utterances", "labels", "splits")), 1)
    index = tables.visible("train", "validation")
    validation = index.numbers_of(tables.roles["validation"])
    task = ScoredTask.model_validate(small_task.scored_task)
    rates = ("0.0", "0.3", "0.7")

    return TrainingData(
        conversations=build_conversations(
            index, read_stores(small_task.features, tables.utterances), tables.labels, task
        ),
        train=index.numbers_of(tables.roles["train"]),
        validation=validation,
        validation_rates=rates,
        validation_masks=read_conditions(
            small_task.availability, rates, 1, tables.labels, index, validation
        ),
        kind="classification",
    )


@pytest.fixture
def make_trainer(data):
    def make(learner, checkpoints=None, **options):
        chosen = {"n_epochs": 5, "rate": "random", "generator": "gcnet", "seed": 0, **options}
        return Trainer(learner, data, TrainOptions(**chosen), checkpoints)

    return make


@pytest.fixture
def same():
    """Whether two outcomes are the same to the last bit."""

    def compare(first, second):
        assert first.weights.keys() == second.weights.keys()
        equal = all(
            torch.equal(first.weights[name], second.weights[name]) for name in first.weights
        )
        history = first.history == second.history
        return (
            equal
            and history
            and (first.best_epoch, first.best_score)
            == (
                second.best_epoch,
                second.best_score,
            )
        )

    return compare


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def in_double(data):
    """In float32 a rounding grows with every step: Adam's first ones have the size of the rate."""
    features = {name: value.double() for name, value in data.conversations.features.items()}
    return replace(data, conversations=replace(data.conversations, features=features))
