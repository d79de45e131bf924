"""One switch: with it off nothing of models/fast computes, and every method says the same."""

import importlib
from dataclasses import fields, is_dataclass, replace

import pytest
import torch

from models.batch import ConversationBatch
from models.fast import dropout, feature_rows, layout, products, recurrent, switch
from models.learner import TaskShape
from models.registry import find_method, learner_module, our_methods
from pipeline.config.methods import kind_of
from pipeline.training import devices
from tests.small_methods import SMALL

DIMS = {"audio": 40, "text": 60, "visual": 50}
LENGTHS = (9, 33, 1, 14, 40, 2)


def still(settings):
    """The same settings without dropout: the two sides would draw other masks."""
    changes = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            changes[field.name] = still(value)
        elif field.name.endswith("dropout"):
            changes[field.name] = 0.0
    return replace(settings, **changes)


@pytest.fixture
def batch():
    rng = torch.Generator().manual_seed(0)
    size = (len(LENGTHS), max(LENGTHS))
    valid = torch.arange(size[1]) < torch.tensor(LENGTHS)[:, None]
    return ConversationBatch(
        features={name: torch.randn(*size, dim, generator=rng) for name, dim in DIMS.items()},
        extracted=valid[..., None].expand(-1, -1, 3),
        available=torch.rand(*size, 3, generator=rng) >= 0.4,
        valid=valid,
        speakers=torch.randint(0, 2, size, generator=rng) * valid,
        labels=torch.randint(0, 4, size, generator=rng) * valid,
        rows=torch.where(valid, torch.arange(valid.numel()).view(size), -1),
    )


@pytest.fixture
def no_kernel(monkeypatch):
    """Every way into a kernel of models/fast raises."""

    def refuse(*arguments, **options):
        raise AssertionError("a kernel of models/fast runs although it is turned off")

    monkeypatch.setattr(products, "_onednn", refuse)
    monkeypatch.setattr(dropout, "_scaled_mask", refuse)
    monkeypatch.setattr(recurrent, "_recur", refuse)
    monkeypatch.setattr(layout, "_split", refuse)
    monkeypatch.setattr(feature_rows.F, "embedding_bag", refuse)


def compute(learner, batch):
    """Predictions, losses of all phases and gradients, from the same weights."""
    outputs = {"predictions": learner.eval().predict(batch.for_prediction())[batch.valid].detach()}
    learner.train()
    for phase in learner.phases():
        learner.zero_grad()
        torch.manual_seed(0)
        loss = learner.loss(batch.complete() if phase.is_complete else batch, phase.name)
        loss.total.backward()
        outputs[phase.name] = loss.total.detach()
        for name, parameter in learner.named_parameters():
            if parameter.grad is not None:
                outputs[f"{phase.name}/{name}"] = parameter.grad
        learner.finish_phase(phase.name)
    return outputs


def build(model, batch):
    torch.manual_seed(0)
    settings = kind_of(model)(model=model, settings=SMALL.get(model, {})).settings.typed()
    shape = TaskShape(DIMS, 4, "classification", max(LENGTHS), n_speakers=2)
    module = importlib.import_module(learner_module(model))
    learner = module.build(still(settings), shape)
    shown = batch
    if learner.batching != "dialogues":
        shown = batch.utterances(batch.valid.flatten().nonzero().squeeze(1))
    learner.prepare(shown)
    return learner, shown


@pytest.mark.parametrize("model", our_methods())
def test_every_method_says_the_same_with_it_on_and_off(model, batch, monkeypatch, request):
    assert find_method(model)
    monkeypatch.setattr(products, "MIN_PRODUCTS", 0)  # oneDNN at any size
    on = compute(*build(model, batch))
    if model != "gcnet":  # its graph sums what is heard by `embedding_bag` itself
        request.getfixturevalue("no_kernel")
    with switch.turned_off():
        off = compute(*build(model, batch))
    assert switch.is_on()
    assert on.keys() == off.keys()
    for name, value in on.items():
        torch.testing.assert_close(off[name], value, rtol=1e-3, atol=2e-5, msg=f"{name}")


def test_dropout_turned_off_is_torchs_own(no_kernel):
    x = torch.ones(1000, 8)
    with switch.turned_off():
        torch.manual_seed(0)
        ours = dropout.Dropout(0.5)(x)
    torch.manual_seed(0)
    assert torch.equal(ours, torch.nn.functional.dropout(x, 0.5))


def test_the_environment_turns_it_off(monkeypatch):
    n_threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    try:
        for value, is_on in (("0", False), ("1", True)):
            monkeypatch.setenv(devices.SWITCH, value)
            devices.ready_device("cpu", 1)
            assert switch.is_on() == is_on
    finally:
        switch.turn(is_on=True)
        torch.set_num_threads(n_threads)
        torch.set_deterministic_debug_mode(mode)
