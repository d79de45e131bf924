"""Truth: the paper's two phases, one dialogue and one pair of modality and expert after another."""

import math

import pytest
import torch

from models.vocabulary import MODALITIES
from tests.models.arithmetic import gelu

DIM, N_HEADS = 8, 2
LENGTHS = (6, 1, 4)


@pytest.fixture
def learner(kit):
    return kit.drawn("momke", std=0.3, hidden_dim=DIM, n_layers=3, n_heads=N_HEADS)


@pytest.fixture
def batch(kit):
    return kit.batch(list(LENGTHS), seed=2, dtype=torch.float64)


def linear(state, name, x):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def read_by(state, name, x):
    """What an expert makes of rows (n, D) of one modality of one dialogue."""
    for i in range(3):
        place = f"experts.{name}.layers.{i}"
        q, k, v = (linear(state, f"{place}.{part}", x) for part in ("query", "key", "value"))
        heads = []
        for head in range(N_HEADS):
            own = slice(head * DIM // N_HEADS, (head + 1) * DIM // N_HEADS)
            scores = q[:, own] @ k[:, own].T / math.sqrt(DIM / N_HEADS)
            heads.append(scores.softmax(dim=1) @ v[:, own])
        y = torch.cat(heads, dim=1)
        hidden = gelu(linear(state, f"{place}.feed_forward.expand", y))
        x = x + y + linear(state, f"{place}.feed_forward.contract", hidden)
    return x


def test_mixing_is_that_of_the_paper(learner, batch):
    state, logits = learner.state_dict(), learner.predict(batch)
    for b, length in enumerate(LENGTHS):
        joint = torch.zeros(length, 3, DIM, dtype=torch.float64)
        for m, name in enumerate(MODALITIES):
            there = batch.usable[b, :length, m]
            x = linear(state, f"projections.{name}", batch.features[name][b, :length][there])
            routed = linear(state, f"routers.{name}.3", gelu(linear(state, f"routers.{name}.0", x)))
            weights = routed.softmax(dim=1)
            for e, expert in enumerate(MODALITIES):
                joint[there, m] += weights[:, e : e + 1] * read_by(state, expert, x)
        h = joint.flatten(1)
        expected = linear(state, "classifier", h + linear(state, "joint", h).clamp(min=0))
        torch.testing.assert_close(logits[b, :length], expected, rtol=0, atol=1e-12)


def test_each_expert_is_trained_on_its_own_modality_and_on_what_was_extracted(learner, batch):
    state, loss = learner.state_dict(), learner.loss(batch, "experts")
    for m, name in enumerate(MODALITIES):
        losses = []
        for b, length in enumerate(LENGTHS):
            there = batch.extracted[b, :length, m]  # whatever the protocol withholds
            x = linear(state, f"projections.{name}", batch.features[name][b, :length][there])
            shares = linear(state, f"heads.{name}", read_by(state, name, x)).log_softmax(dim=1)
            labels = batch.labels[b, :length][there]
            losses += [-shares[row, label] for row, label in enumerate(labels)]
        assert loss.parts[name].item() == pytest.approx(float(torch.stack(losses).mean()), rel=1e-9)
    assert loss.total.item() == pytest.approx(sum(part.item() for part in loss.parts.values()))


def test_the_first_phase_moves_experts_alone_and_the_second_all_but_their_heads(learner, batch):
    moved = {}
    for phase in learner.phases():
        learner.zero_grad()
        learner.loss(batch, phase.name).total.backward()
        named = learner.named_parameters()
        touched = {name.split(".")[0] for name, p in named if p.grad is not None and p.grad.any()}
        held = {id(p) for p in phase.groups[0].parameters}
        assert {n.split(".")[0] for n, p in learner.named_parameters() if id(p) in held} == touched
        moved[phase.name] = touched
    assert moved["experts"] == {"projections", "experts", "heads"}
    assert moved["mixing"] == {"projections", "experts", "routers", "joint", "classifier"}


def test_has_as_many_parameters_as_the_public_code(kit):
    learner = kit.learner("momke", kit.shape(kit.paper_dims))
    dim = 256
    layer = 3 * (dim * dim + dim) + 2 * (dim * dim + dim)
    router = dim * dim + dim + 3 * dim + 3
    joint = (3 * dim) ** 2 + 3 * dim + (3 * dim + 1) * 4
    used = (512 + 1024 + 1024 + 3) * dim + 3 * 4 * layer + 3 * router + joint
    assert learner.count_parameters() == used == 5_397_005
    assert sum(p.numel() for p in learner.parameters()) == used + 3 * (dim + 1) * 4 == 5_400_089


def test_a_batch_from_which_nothing_was_extracted_moves_nothing(kit, learner, batch):
    empty = torch.zeros_like(batch.extracted)
    nothing = kit.take(batch, [0, 1, 2])
    nothing = type(batch)(**{**vars(nothing), "extracted": empty})
    learner.loss(nothing, "experts").total.backward()
    assert not any(p.grad.any() for p in learner.parameters() if p.grad is not None)
    assert learner.predict(nothing).isfinite().all()
