"""Truth on a GPU: what is launched kernel by kernel, and the CPU, against what is recorded."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.conversations.fixed_batches import Slot
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.contracts import TrainOptions
from pipeline.training.devices import RECORDING, ready_device
from pipeline.training.loop import Trainer
from tests.cuda import needs_cuda
from tests.pipeline.training.fixed_shapes import REPLAYABLE, build, numbers
from tests.pipeline.training.test_resuming import Killed, KilledAfter


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
