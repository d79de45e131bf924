"""Truth: plain padded implementations (benchmarks/plain). Same data, same masks, same numbers.

After each of three epochs losses and logits agree to 1e-5 in float64, 1e-4 in float32.
Dropout is off: the two sides would draw different masks. Ours multiplies float32 matrices by oneDNN
from a size on that these batches do not reach; here it does so at any size.
"""

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.plain import loop
from benchmarks.plain.batches import PlainBatch
from benchmarks.plain.gcnet import PlainGcnet
from benchmarks.plain.mmin import PlainMmin
from benchmarks.plain.teacher_student import TeacherStudent
from models.batch import ConversationBatch
from models.fast import products
from models.gcnet import learner as gcnet
from models.gcnet.settings import GcnetSettings
from models.iteacnet import learner as iteacnet
from models.iteacnet.settings import ContextSettings, IteacnetSettings, NetworkSettings
from models.learner import TaskShape
from models.mmin import learner as mmin
from models.mmin.settings import MminSettings
from pipeline.training.optimizers import PhaseOptimizers

DIMS = {"audio": 60, "text": 90, "visual": 80}
LENGTHS = ((40, 33, 9, 1, 14, 21), (17, 5, 28, 2), (12, 12, 3))  # of the batches of an epoch
LONGEST, N_EPOCHS = 44, 3
TOLERANCE = {torch.float64: 1e-5, torch.float32: 1e-4}
KINDS = {"classification": 4, "regression": 1}
MODELS = ("iteacnet", "gcnet", "mmin")


def ours_of(model, shape):
    if model == "iteacnet":
        still = {"dropout": 0.0}
        settings = IteacnetSettings(
            hidden_dim=64,
            n_heads=4,
            teacher=NetworkSettings(encoder="transformer", n_layers=3, **still),
            student=NetworkSettings(encoder="nas", n_layers=4, **still),
            context=ContextSettings(**still),
        )
        return iteacnet.build(settings, shape)

    if model == "gcnet":
        settings = GcnetSettings(hidden_dim=60, dropout=0.0, time_attention=True)
        return gcnet.build(settings, shape)

    settings = MminSettings(hidden_dim=32, layers=(48, 24), n_blocks=3, dropout=0.0)
    built = mmin.build(settings, shape)
    built.finish_phase("pretrain")
    with torch.no_grad():
        for parameter in built.parameters():  # logits of a size that a tolerance means something to
            parameter.mul_(2)
    return built


def plain_of(model, n_outputs):
    if model == "iteacnet":
        return TeacherStudent(DIMS, n_outputs, LONGEST, dim=64, n_heads=4)
    if model == "gcnet":
        return PlainGcnet(DIMS, n_outputs, n_speakers=2, hidden_dim=60)
    return PlainMmin(DIMS, n_outputs, hidden_dim=32, layers=(48, 24), n_blocks=3)


def without_dropout(network):
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(module, nn.LSTM):
            module.dropout = 0.0
    return network


def make_batch(lengths, kind, dtype, rng):
    size = (len(lengths), max(lengths))
    valid = torch.arange(size[1]) < torch.tensor(lengths)[:, None]
    three = valid[..., None].expand(-1, -1, 3)
    if kind == "classification":
        labels = torch.from_numpy(rng.integers(0, 4, size))
    else:
        labels = torch.from_numpy(rng.normal(size=size)).to(dtype)

    return ConversationBatch(
        features={
            name: torch.from_numpy(rng.normal(size=(*size, dim))).to(dtype) * valid[..., None]
            for name, dim in DIMS.items()
        },
        extracted=torch.from_numpy(rng.random((*size, 3)) >= 0.05) & three,
        available=torch.from_numpy(rng.random((*size, 3)) >= rng.uniform(0, 0.7)) & three,
        valid=valid,
        speakers=torch.from_numpy(rng.integers(0, 2, size)) * valid,
        labels=labels * valid,
        rows=torch.where(valid, 0, -1),
    )


def plain_batch(batch):
    names = ("extracted", "available", "valid", "speakers", "labels")
    return PlainBatch(batch.features, **{name: getattr(batch, name) for name in names})


@pytest.fixture
def by_onednn(monkeypatch):
    """Every float32 product by oneDNN where torch has it; a list of the rows of each."""
    calls, multiply = [], products._onednn

    def count(x, *rest):
        calls.append(len(x))
        return multiply(x, *rest)

    monkeypatch.setattr(products, "MIN_PRODUCTS", 0)
    monkeypatch.setattr(products, "_onednn", count)
    return calls


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", MODELS)
def test_three_epochs_give_the_losses_and_logits_of_the_plain_code(model, kind, dtype, by_onednn):
    torch.manual_seed(0)
    shape = TaskShape(DIMS, KINDS[kind], kind, LONGEST, n_speakers=2)
    ours = ours_of(model, shape).to(dtype)
    plain = without_dropout(plain_of(model, KINDS[kind])).to(dtype)
    plain.load_state_dict(ours.state_dict())

    rng, close = np.random.default_rng(0), {"rtol": 0, "atol": TOLERANCE[dtype]}
    batches = [make_batch(lengths, kind, dtype, rng) for lengths in LENGTHS]
    if model == "mmin":  # single utterances
        batches = [b.utterances(b.valid.flatten().nonzero().squeeze(1)) for b in batches]

    phase = ours.phases()[-1]
    optimizers, theirs = PhaseOptimizers(phase), plain.optimizers()

    for _ in range(N_EPOCHS):
        for batch in batches:
            ours.train()
            loss = ours.loss(batch, phase.name).total
            loss.backward()
            optimizers.step()
            plain.train()
            expected = loop.step(plain, theirs, plain_batch(batch))
            torch.testing.assert_close(loss.detach(), expected, **close)

        for batch in batches:
            with torch.no_grad():
                logits = ours.eval().predict(batch)[batch.valid]
                expected = plain.eval().predict(plain_batch(batch))[batch.valid]
            torch.testing.assert_close(logits, expected, **close)

    assert expected.std() > 0.01  # there is something to tell apart
    assert bool(by_onednn) == (products.HAS_ONEDNN and dtype == torch.float32)
