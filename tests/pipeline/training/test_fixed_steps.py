"""Steps in batches of fixed shapes: the same training, and nothing in it that a GPU cannot replay.

Truth: training in batches of their own shapes.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from models.fast import fixed_recurrent, switch
from models.registry import our_methods
from pipeline.conversations.collate import Items, items_of
from pipeline.conversations.fixed_batches import Slot, pack_epoch, rooms_of
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.contracts import TrainOptions
from pipeline.training.fixed_steps import why_not_fixed
from pipeline.training.loop import Trainer
from pipeline.training.optimizers import PhaseOptimizers
from tests.pipeline.training.fixed_shapes import AVERAGED, REPLAYABLE, build, numbers
from tests.pipeline.training.test_resuming import Killed, KilledAfter


def test_the_methods_that_are_replayed():
    methods = {model: build(model) for model in our_methods()}
    assert {model for model, method in methods.items() if method.is_replayable} == set(REPLAYABLE)


@pytest.mark.parametrize("rate", [0.3, "random"])
@pytest.mark.parametrize("model", [*REPLAYABLE, AVERAGED])
def test_training_is_the_same_in_fixed_shapes(model, rate, in_double):
    outcomes = []
    for is_fixed in (False, True):
        options = TrainOptions(3, rate, "gcnet", seed=0, fixed=is_fixed)
        learner = build(model, is_still=True).double()
        outcomes.append(Trainer(learner, in_double, options).run())
    own, fixed = outcomes
    assert [row["phase"] for row in fixed.history] == [row["phase"] for row in own.history]
    np.testing.assert_allclose(numbers(fixed.history), numbers(own.history), rtol=1e-7)
    rates = [
        [(row["train_rate"], row["missing"]) for row in outcome.history] for outcome in outcomes
    ]
    assert rates[0] == rates[1]  # the same masks


@pytest.mark.parametrize("model", ["iteacnet", "mmin"])
def test_a_killed_run_goes_on_in_fixed_shapes_and_ends_the_same(
    model, make_trainer, same, tmp_path
):
    options = {"fixed": True, "n_epochs": 4}
    whole = make_trainer(build(model), **options).run()
    path = tmp_path / "checkpoint"
    with pytest.raises(Killed):
        make_trainer(build(model), KilledAfter(path, 3), **options).run()
    resumed = make_trainer(build(model, seed=8), Checkpoints(path, 1e9), **options).run()
    assert same(resumed, whole)


class Watch(TorchDispatchMode):
    """Refuses what waits for a value, and what reaches for another device than `only`."""

    WAITS = (
        "_local_scalar_dense",
        "nonzero",
        "masked_select",
        "unique",
        "lift_fresh",
        "is_nonzero",
    )

    def __init__(self, only):
        super().__init__()
        self.only = only

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        assert name not in self.WAITS, name
        tensors = [t for t in tree_leaves((args, kwargs, out)) if isinstance(t, torch.Tensor)]
        assert {t.device.type for t in tensors} <= {self.only}, name
        if name == "index":
            assert not any(t.dtype == torch.bool for t in tensors[1:-1]), "a boolean index"
        return out


def steps_of(model, data):
    learner = build(model)
    items = items_of(data.conversations.index, data.train, learner.batching)
    room = rooms_of(items.lengths.numpy(), learner.batch_size)[0]
    return learner.train(), items.take(torch.arange(learner.batch_size)), room


@pytest.mark.parametrize("phase_number", [0, -1])
@pytest.mark.parametrize("model", [*REPLAYABLE, AVERAGED])
def test_a_step_waits_for_no_value(model, phase_number, data):
    learner, items, room = steps_of(model, data)
    if phase_number and model == "mmin":
        learner.finish_phase("pretrain")
    phase = learner.phases()[phase_number]
    optimizers, slot = PhaseOptimizers(phase), Slot.of(data.conversations, room)
    masks = np.random.default_rng(0).random((int(items.lengths.sum()), 3)) > 0.4
    (packed,), (available,) = pack_epoch([items], [masks], room)
    slot.fill(packed, available)
    with Watch("cpu"):
        loss = learner.loss(slot.batch(is_column=learner.batching != "dialogues"), phase.name)
        loss.total.backward()
        optimizers.step()
    assert loss.total.isfinite()


@pytest.mark.parametrize("model", REPLAYABLE)
def test_a_loss_on_a_gpu_that_is_only_thought_of_stays_there(model, data, monkeypatch):
    """torch's fake tensors know their device and no value: whoever asks for one is told off."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    def gru(padded, begin, weights, is_training):  # torch's has no form for tensors without values
        return padded.new_empty(*padded.shape[:2], begin.shape[2])

    monkeypatch.setattr(fixed_recurrent, "_gru", gru)
    learner, _, room = steps_of(model, data)
    if model == "mmin":
        learner.finish_phase("pretrain")
    held = data.conversations
    with FakeTensorMode():

        def on_gpu(tensor):
            return torch.empty(tensor.shape, dtype=tensor.dtype, device="cuda")

        names = ("extracted", "rows", "speakers", "labels")
        features = {name: on_gpu(value) for name, value in held.features.items()}
        there = {name: on_gpu(getattr(held, name)) for name in names}
        conversations = replace(held, features=features, **there)
        for module in learner.modules():
            for name, value in module._parameters.items():
                if value is not None:
                    fake = torch.nn.Parameter(on_gpu(value), requires_grad=value.requires_grad)
                    module._parameters[name] = fake
        slot = Slot.of(conversations, room)
        # cuDNN's LSTM asks for a real device; torch's own stands for it.
        with Watch("cuda"), torch.backends.cudnn.flags(enabled=False):
            batch = slot.batch(is_column=learner.batching != "dialogues")
            loss = learner.loss(batch, learner.phases()[-1].name)
    assert loss.total.device.type == "cuda"


def test_why_a_method_is_not_trained_in_fixed_shapes_is_told(monkeypatch):
    items = Items(torch.zeros(40, dtype=torch.int64), torch.full((40,), 50))
    learner = build("iteacnet")
    learner.batch_size = 32
    assert why_not_fixed(learner, items) is None
    assert "look at values" in why_not_fixed(build("cpmnet"), items)
    long = Items(items.starts, torch.full((40,), 200))
    assert "32 dialogues of up to 200 utterances" in why_not_fixed(learner, long)
    with switch.turned_off():
        assert "ITEACNET_FAST=0" in why_not_fixed(learner, items)
