"""Batches, settings and a trainer for the tests of methods.

The trainer is the Learner contract at its shortest: phases, groups, steps, decay, clipping.
"""

import importlib
from types import SimpleNamespace

import pytest
import torch

from models.batch import ConversationBatch
from models.learner import TaskShape
from models.registry import find_method
from models.vocabulary import MODALITIES

SMALL_DIMS = {"audio": 5, "text": 7, "visual": 6}
PAPER_DIMS = {"audio": 512, "text": 1024, "visual": 1024}


def make_shape(dims=SMALL_DIMS, kind="classification", n_outputs=4, n_speakers=2):
    n_outputs = n_outputs if kind == "classification" else 1
    return TaskShape(dims, n_outputs, kind, max_utterances=110, n_speakers=n_speakers)


def make_settings(model, **changes):
    return find_method(model).settings(**changes)


def make_batch(
    lengths, dims=SMALL_DIMS, kind="classification", seed=0, p_missing=0.4, dtype=torch.float32
):
    """Random dialogues of these lengths; cells are withheld or not extracted at random."""
    rng = torch.Generator().manual_seed(seed)
    n_dialogues, n_steps = len(lengths), max(lengths)
    size = (n_dialogues, n_steps)
    valid = torch.arange(n_steps) < torch.tensor(lengths)[:, None]
    features = {n: torch.randn(*size, d, generator=rng, dtype=dtype) for n, d in dims.items()}
    extracted = torch.rand(*size, 3, generator=rng) >= 0.1

    for m, name in enumerate(MODALITIES):
        extracted[..., m] &= name in dims
    if kind == "classification":
        labels = torch.randint(0, 4, size, generator=rng)
    else:
        labels = (torch.randint(-3, 4, size, generator=rng)).to(dtype)
    return ConversationBatch(
        features=features,
        extracted=extracted & valid[..., None],
        available=torch.rand(*size, 3, generator=rng) >= p_missing,
        valid=valid,
        speakers=torch.randint(0, 2, size, generator=rng) * valid,
        labels=labels * valid,
        rows=torch.where(valid, torch.randperm(valid.numel(), generator=rng).view(size), -1),
    )


def take(batch, dialogues, n_steps=None):
    """Some dialogues of a batch, in this order, padded or cut to `n_steps`; padding is garbage."""

    def change(value, fill):
        value = value[dialogues]
        if n_steps is None:
            return value
        extra = value.new_full((len(value), n_steps, *value.shape[2:]), fill)
        extra[:, : value.shape[1]] = value[:, :n_steps]
        return extra

    return ConversationBatch(
        features={name: change(value, 9e3) for name, value in batch.features.items()},
        extracted=change(batch.extracted, True),
        available=change(batch.available, True),
        valid=change(batch.valid, False),
        speakers=change(batch.speakers, 1),
        labels=change(batch.labels, 1),
        rows=change(batch.rows, -1),
    )


def train(learner, batch, n_epochs=None):
    """Train on one batch as the Learner contract says; return the last loss."""
    learner.prepare(batch)

    loss = None
    for phase in learner.phases():
        optimizers = [_optimizer(group) for group in phase.groups]
        together = range(len(optimizers))
        turns = [[i] for i in together] if phase.alternate else [together]
        epochs = phase.n_epochs or n_epochs
        for epoch in range(epochs):
            learner.train()
            for i in together:
                rate = phase.groups[i].learning_rate * phase.rate_factor(epoch, epochs)
                optimizers[i].param_groups[0]["lr"] = rate
            for turn in turns:
                for _ in range(phase.steps):
                    loss = _step(learner, batch, phase, turn, optimizers)
        learner.finish_phase(phase.name)

    return loss


def _step(learner, batch, phase, turn, optimizers):
    learner.zero_grad()
    loss = learner.loss(batch, phase.name, turn[0] if turn else 0)
    loss.total.backward()
    for i in turn:
        group = phase.groups[i]
        if group.max_grad_norm is not None:
            torch.nn.utils.clip_grad_norm_(group.parameters, group.max_grad_norm)
        optimizers[i].step()
    return loss


def _optimizer(group):
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[group.kind]
    return kind(
        group.parameters, group.learning_rate, betas=group.betas, weight_decay=group.weight_decay
    )


def make_learner(model, shape=None, seed=0, **changes):
    """A fresh learner, drawn from a seeded generator."""
    module = importlib.import_module(f"models.{model}.learner")
    torch.manual_seed(seed)
    return module.build(make_settings(model, **changes), shape or make_shape())


def make_drawn(model, shape=None, std=0.4, **changes):
    """The same in float64, ready to predict, all of its values drawn: some begin at 0 or 1."""
    learner = make_learner(model, shape, **changes)
    torch.manual_seed(3)
    for parameter in learner.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return learner.double().eval()


@pytest.fixture(scope="session")
def kit():
    """Everything above, for tests that cannot import a conftest."""
    return SimpleNamespace(
        paper_dims=PAPER_DIMS,
        shape=make_shape,
        batch=make_batch,
        take=take,
        train=train,
        learner=make_learner,
        drawn=make_drawn,
    )
