"""Batches, settings and learners for the tests of ITEACNet, small unless a test says otherwise."""

from dataclasses import replace

import pytest
import torch

from models.batch import ConversationBatch
from models.iteacnet.learner import build
from models.iteacnet.settings import IteacnetSettings
from models.learner import TaskShape
from models.vocabulary import MODALITIES

SMALL_DIMS = {"audio": 5, "text": 7, "visual": 6}
PAPER_DIMS = {"audio": 512, "text": 1024, "visual": 1024}


@pytest.fixture
def paper_dims():
    return PAPER_DIMS


@pytest.fixture
def make_batch():
    """Random dialogues of these lengths, some cells withheld, some never extracted."""

    def make(lengths, dims=SMALL_DIMS, kind="classification", seed=0, rate=0.5, n_classes=4):
        rng = torch.Generator().manual_seed(seed)
        size = (len(lengths), max(lengths))
        valid = torch.arange(size[1]) < torch.tensor(lengths)[:, None]
        extracted = torch.rand(*size, 3, generator=rng) >= 0.05
        extracted &= torch.tensor([name in dims for name in MODALITIES])
        if kind == "classification":
            labels = torch.randint(0, n_classes, size, generator=rng) * valid
        else:
            labels = torch.randn(size, generator=rng) * 2 * valid

        return ConversationBatch(
            features={
                name: torch.randn(*size, dim, generator=rng) * valid[..., None]
                for name, dim in dims.items()
            },
            extracted=extracted & valid[..., None],
            available=torch.rand(*size, 3, generator=rng) >= rate,
            valid=valid,
            speakers=torch.zeros(size, dtype=torch.int64),
            labels=labels,
            rows=torch.where(valid, torch.arange(valid.numel()).view(size), -1),
        )

    return make


@pytest.fixture
def as_double():
    """The batch with float64 features."""

    def convert(batch):
        features = {name: value.double() for name, value in batch.features.items()}
        return ConversationBatch(**{**vars(batch), "features": features})

    return convert


@pytest.fixture
def make_shape():
    def make(dims=SMALL_DIMS, kind="classification", n_outputs=4, max_utterances=40):
        n_outputs = n_outputs if kind == "classification" else 1
        return TaskShape(dims, n_outputs, kind, max_utterances, n_speakers=2)

    return make


@pytest.fixture
def make_settings():
    """Settings of small networks; changes by section."""

    def make(teacher=None, student=None, context=None, **changes):
        settings = IteacnetSettings(hidden_dim=16, n_heads=4)
        inner = {
            role: replace(getattr(settings, role), **(change or {}))
            for role, change in (("teacher", teacher), ("student", student), ("context", context))
        }
        return replace(settings, **inner, **changes)

    return make


@pytest.fixture
def make_learner(make_settings, make_shape):
    """A small learner from seed 0; `shape` holds changes of the task's shape."""

    def make(shape=None, seed=0, **changes):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return build(make_settings(**changes), make_shape(**(shape or {})))

    return make
