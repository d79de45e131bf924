"""Steps in batches of fixed shapes: the same training, and nothing in it that a GPU cannot replay.

Truth: training in batches of their own shapes. On a GPU: what is recorded against what is not.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from models.fast import switch
from models.fast.dropout import Dropout
from models.learner import TaskShape
from models.registry import our_methods
from pipeline.config.methods import MethodSettings
from pipeline.conversations.collate import Items, items_of
from pipeline.conversations.fixed_batches import FixedShape, Slot, pack_epoch, room_for, rooms_of
from pipeline.conversations.inference import predict_rates
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.contracts import TrainOptions
from pipeline.training.devices import RECORDING, ready_device
from pipeline.training.fixed_evaluation import FixedEvaluation
from pipeline.training.fixed_steps import why_not_fixed
from pipeline.training.learners import build_learner
from pipeline.training.loop import Trainer
from pipeline.training.optimizers import PhaseOptimizers
from pipeline.training.recording import Recorder
from tests.pipeline.training.test_resuming import Killed, KilledAfter
from tests.small_methods import small_method

SHAPE = TaskShape({"audio": 5, "text": 7, "visual": 4}, 3, "classification", 9, 2)
REPLAYABLE = ("iteacnet", "mmin", "cra", "ae")
CPU = torch.device("cpu")
needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="no CUDA device on this machine"
)


AVERAGED = "iteacnet, with a running mean and class weights"


def build(model, is_still=False, seed=0):
    small = small_method(model.split(",")[0])
    if model == AVERAGED:
        small = {**small, "settings": {**small["settings"], "averaging": 0.3}}
    method = TypeAdapter(MethodSettings).validate_python(small)
    torch.manual_seed(seed)
    learner = build_learner(method, SHAPE)
    if model == AVERAGED:
        learner.class_weights = torch.linspace(0.5, 2.0, SHAPE.n_outputs)
    learner.batch_size = 3  # so that batches differ, and the last one has room
    if is_still:
        for part in learner.modules():
            if isinstance(part, Dropout):
                part.p = 0.0
    return learner


@pytest.fixture
def in_double(data):
    """In float32 a rounding grows with every step: Adam's first ones have the size of the rate."""
    features = {name: value.double() for name, value in data.conversations.features.items()}
    return replace(data, conversations=replace(data.conversations, features=features))


def numbers(history):
    return [value for row in history for value in row.values() if not isinstance(value, str)]


def test_the_methods_that_are_replayed():
    methods = {model: build(model) for model in our_methods()}
    assert {model for model, one in methods.items() if one.is_replayable} == set(REPLAYABLE)


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
    rates = [[(row["train_rate"], row["missing"]) for row in one.history] for one in outcomes]
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


@pytest.mark.parametrize("model", REPLAYABLE)
def test_an_evaluation_in_fixed_shapes_predicts_the_same(model, data):
    learner = build(model)
    if model == "mmin":
        learner.finish_phase("pretrain")
    asked = (learner, data.conversations, data.validation, data.validation_masks)
    evaluation = FixedEvaluation(*asked, Recorder(CPU))
    for _ in range(2):  # weights of now, each time
        expected = predict_rates(*asked, lambda: None)
        close = 1e-5 * np.ptp(expected)
        np.testing.assert_allclose(evaluation.predict(lambda: None), expected, atol=close)
        with torch.no_grad():
            for parameter in learner.parameters():
                parameter.mul_(1.5)
        assert close > 0
    assert learner.training


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
    if model == "mmin":
        learner.finish_phase("pretrain")
    items = items_of(data.conversations.index, data.train, learner.batching)
    room = rooms_of(items.lengths.numpy(), learner.batch_size)[0]
    return learner.train(), items.take(torch.arange(learner.batch_size)), room


@pytest.mark.parametrize("model", [*REPLAYABLE, AVERAGED])
def test_a_step_waits_for_no_value(model, data):
    learner, items, room = steps_of(model, data)
    phase = learner.phases()[-1]
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
def test_a_loss_on_a_gpu_that_is_only_thought_of_stays_there(model, data):
    """torch's fake tensors know their device and no value: whoever asks for one is told off."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    learner, _, room = steps_of(model, data)
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
        with Watch("cuda"):
            batch = slot.batch(is_column=learner.batching != "dialogues")
            loss = learner.loss(batch, learner.phases()[-1].name)
    assert loss.total.device.type == "cuda"


def test_rooms_halve_and_the_smallest_that_fits_is_taken():
    rooms = rooms_of(np.array([100, 10, 50, 7, 200]), batch_size=2)
    assert rooms == [  # the two longest are 300 utterances; rows are multiples of 64
        FixedShape(2, 200, 320),
        FixedShape(2, 100, 192),
        FixedShape(2, 50, 128),
        FixedShape(2, 25, 64),
    ]
    for lengths, number in (([200, 1], 0), ([101, 1], 0), ([100, 50], 1), ([50, 7], 2), ([7], 3)):
        assert room_for(rooms, torch.tensor(lengths)) == number
    assert rooms_of(np.ones(9, dtype=np.int64), batch_size=4) == [FixedShape(4, 1, 4)]


def test_why_a_method_is_not_trained_in_fixed_shapes_is_told(monkeypatch):
    items = Items(torch.zeros(40, dtype=torch.int64), torch.full((40,), 50))
    learner = build("iteacnet")
    learner.batch_size = 32
    assert why_not_fixed(learner, items) is None
    assert "look at values" in why_not_fixed(build("gcnet"), items)
    long = Items(items.starts, torch.full((40,), 200))
    assert "32 dialogues of up to 200 utterances" in why_not_fixed(learner, long)
    with switch.turned_off():
        assert "ITEACNET_FAST=0" in why_not_fixed(learner, items)


@pytest.fixture
def on_cuda(monkeypatch):
    """What trains a method on the GPU, on the data that it is given, as the workflow does it."""
    device = ready_device("cuda", 1)

    def run(data, model, checkpoints=None, recorded=True, seed=0, **how):
        monkeypatch.setenv(RECORDING, "1" if recorded else "0")
        there = replace(data, conversations=data.conversations.to(device))
        dtype = data.conversations.features["audio"].dtype
        learner = build(model, seed=seed, **how).to(device, dtype)
        options = TrainOptions(4, "random", "gcnet", seed=0)
        return Trainer(learner, there, options, checkpoints).run()

    yield run
    torch.set_deterministic_debug_mode("default")


@needs_cuda
@pytest.mark.parametrize("model", REPLAYABLE)
def test_what_is_recorded_trains_as_what_is_launched(model, on_cuda, in_double, capsys):
    recorded = on_cuda(in_double, model)
    said = capsys.readouterr()
    assert "recorded as CUDA graphs" in said.out
    assert "failed" not in said.err
    launched = on_cuda(in_double, model, recorded=False)
    assert "not recorded" in capsys.readouterr().out
    np.testing.assert_allclose(numbers(recorded.history), numbers(launched.history), rtol=1e-7)
    torch.testing.assert_close(recorded.weights, launched.weights, rtol=1e-6, atol=1e-9)


@needs_cuda
@pytest.mark.parametrize("model", REPLAYABLE)
def test_on_cuda_the_same_seed_gives_the_same_bytes(model, on_cuda, data, same):
    assert same(on_cuda(data, model), on_cuda(data, model))


@needs_cuda
@pytest.mark.parametrize("model", REPLAYABLE)
def test_on_cuda_a_killed_run_goes_on_and_ends_the_same(model, on_cuda, data, same, tmp_path):
    whole = on_cuda(data, model)
    path = tmp_path / "checkpoint"
    with pytest.raises(Killed):
        on_cuda(data, model, KilledAfter(path, 3))
    assert same(on_cuda(data, model, Checkpoints(path, 1e9), seed=8), whole)


@needs_cuda
@pytest.mark.parametrize("model", REPLAYABLE)
def test_training_on_cuda_is_that_of_the_cpu(model, on_cuda, in_double):
    options = TrainOptions(4, "random", "gcnet", seed=0)
    on_cpu = Trainer(build(model, is_still=True).double(), in_double, options).run()
    found = on_cuda(in_double, model, is_still=True)
    # float32 there: the learning rate
    np.testing.assert_allclose(numbers(found.history), numbers(on_cpu.history), rtol=1e-5)


@needs_cuda
def test_a_recording_that_fails_is_said_and_the_run_goes_on(
    on_cuda, in_double, monkeypatch, capsys
):
    expected = on_cuda(in_double, "iteacnet", recorded=False)
    sound = Slot.batch

    def waits(self, *, is_column):
        if torch.cuda.is_current_stream_capturing():
            self.items.tolist()  # what no recording may do
        return sound(self, is_column=is_column)

    monkeypatch.setattr(Slot, "batch", waits)
    outcome = on_cuda(in_double, "iteacnet")
    assert "recording as a CUDA graph failed" in capsys.readouterr().err
    np.testing.assert_allclose(numbers(outcome.history), numbers(expected.history), rtol=1e-7)
