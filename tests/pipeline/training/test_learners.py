import resource
from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from models.learner import TaskShape
from models.registry import our_methods
from pipeline.config.methods import MethodSettings
from pipeline.conversations.inference import predict_rates
from pipeline.training.contracts import TrainOptions
from pipeline.training.learners import build_for, build_learner, count_parameters
from pipeline.training.loop import Trainer
from tests.cuda import needs_cuda
from tests.small_methods import small_method

MODELS = our_methods()


@pytest.fixture
def method():
    def make(model):
        return TypeAdapter(MethodSettings).validate_python(small_method(model))

    return make


@pytest.fixture
def shape():
    return TaskShape({"audio": 5, "text": 7, "visual": 4}, 3, "classification", 9, 2)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_trains_and_is_restored_to_the_same_predictions(
    model, method, shape, data, make_trainer
):
    torch.manual_seed(0)
    learner = build_learner(method(model), shape)
    trainer = make_trainer(learner, n_epochs=2, rate=0.3)
    outcome = trainer.run()
    assert 0 <= outcome.best_score <= 1

    torch.manual_seed(1)
    fresh = build_learner(method(model), shape)
    fresh.load_state_dict(outcome.weights)
    state = fresh.state_dict()
    assert state.keys() == outcome.weights.keys()
    assert all(torch.equal(state[name], value) for name, value in outcome.weights.items())

    counts = count_parameters(fresh)
    assert counts["trained"] > 0
    assert all(isinstance(count, int) for count in counts.values())


@pytest.mark.parametrize("model", MODELS)
def test_a_learner_is_built_for_the_values_that_are_stored(model, method, shape):
    torch.manual_seed(0)
    n_values = sum(map(torch.numel, build_learner(method(model), shape).state_dict().values()))
    built = build_for(method(model), shape, n_values).state_dict()
    assert sum(map(torch.numel, built.values())) == n_values
    assert {value.device.type for value in built.values()} == {"cpu"}


@pytest.mark.parametrize("model", sorted({*MODELS} - {"prior"}))  # which reads no feature
def test_a_learner_of_a_billion_values_is_refused_before_it_takes_memory(model, method, shape):
    """Four gigabytes and more: what a run.json from anywhere may ask for."""
    wide = replace(shape, feature_dims={**shape.feature_dims, "text": 10**9})
    started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match="values, and 1,000 are stored"):
        build_for(method(model), wide, 1000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - started < 1_000_000  # kB


@needs_cuda
@pytest.mark.parametrize("model", ["iteacnet", "mmin", "gcnet"])  # dialogues, utterances, LSTM
@pytest.mark.parametrize("rate", [0.3, "random"])
def test_a_run_on_cuda_predicts_as_its_weights_do_on_the_cpu(
    model, rate, method, shape, data, monkeypatch
):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)  # as `make_deterministic` does
    device = torch.device("cuda")
    on_gpu = replace(data, conversations=data.conversations.to(device))
    learner = build_learner(method(model), shape).to(device)
    outcome = Trainer(learner, on_gpu, TrainOptions(30, rate, "gcnet", seed=0)).run()

    outputs = []
    for place, at in ((device, on_gpu), (torch.device("cpu"), data)):
        fresh = build_learner(method(model), shape).to(place)
        fresh.load_state_dict(outcome.weights)
        outputs.append(
            predict_rates(fresh, at.conversations, at.validation, at.validation_masks, lambda: None)
        )

    tolerance = 1e-4
    assert np.ptp(outputs[0]) > 100 * tolerance  # there is something to tell apart
    np.testing.assert_allclose(*outputs, rtol=tolerance, atol=tolerance)
