import pytest
import torch
from torch import nn

from models.learner import Learner
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.dataset import build_conversations
from pipeline.conversations.reading import read_fold, read_stores


class SumOfDialogue(Learner):
    """Each utterance's own features and the sum over its dialogue, read by one matrix."""

    def __init__(self, dims, batching="dialogues", n_outputs=3):
        super().__init__()
        self.batching = batching
        weights = torch.Generator().manual_seed(3)
        n = sum(dims.values())
        self.own, self.all = (
            nn.Parameter(torch.randn(n, n_outputs, generator=weights)) for _ in range(2)
        )
        self.n_calls = 0

    def predict(self, batch):
        self.n_calls += 1
        x = torch.cat(list(batch.masked().features.values()), dim=-1)
        return x @ self.own + (x.sum(dim=1, keepdim=True) @ self.all)


@pytest.fixture
def make_learner():
    return SumOfDialogue


@pytest.fixture(scope="session")
def tables(small_task):
    names = ("utterances", "labels", "splits")
    return read_fold(*(small_task.folder / f"{name}.csv" for name in names), 1)


@pytest.fixture(scope="session")
def stores(small_task, tables):
    return read_stores(small_task.features, tables.utterances)


@pytest.fixture(scope="session")
def task(small_task):
    return ScoredTask.model_validate(small_task.scored_task)


@pytest.fixture(scope="session")
def conversations(tables, stores, task):
    return build_conversations(tables.index, stores, tables.labels, task)
