import pytest
import torch
from pydantic import TypeAdapter

from models.learner import TaskShape
from pipeline.sections.methods import MethodSettings
from pipeline.training.methods import build_learner, count_parameters, restore_learner

MODELS = ("iteacnet", "gcnet", "mmin", "cra", "ae", "cpmnet")
SMALL = {
    "iteacnet": {"hidden_dim": 16, "n_heads": 2},
    "gcnet": {"hidden_dim": 8},
    "cpmnet": {"code_dim": 8, "train_epochs": 2, "test_epochs": 2},
    "mmin": {"pretrain_epochs": 1},
}


@pytest.fixture
def method():
    def make(model):
        settings = {"model": model, "settings": SMALL.get(model, {})}
        return TypeAdapter(MethodSettings).validate_python(settings)

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
    restore_learner(fresh, data.conversations, data.train, outcome.weights)
    state = fresh.state_dict()
    assert state.keys() == outcome.weights.keys()
    assert all(torch.equal(state[name], value) for name, value in outcome.weights.items())
    counts = count_parameters(fresh)
    assert counts["trained"] > 0
    assert all(isinstance(count, int) for count in counts.values())
