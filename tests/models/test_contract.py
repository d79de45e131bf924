"""What every baseline promises, whatever it is made of."""

import time
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from models.registry import our_methods
from tests.cuda import needs_cuda
from tests.small_methods import SMALL

# Learning by heart: full size, no dropout. GCNet with and without its attention; with it, and with
# steps of 1e-3, its last ReLUs die within a few steps of a batch of one dialogue.
HEART = {"dropout": 0.0, "dialogue_dropout": 0.0, "averaging": 1.0, "n_epochs": 60}
OVERFIT = [
    ("ae", 150, {"dropout": 0.0}),
    ("cra", 100, {"dropout": 0.0}),
    ("mmin", 60, {"dropout": 0.0, "pretrain_epochs": 20}),
    ("gcnet", 80, {"dropout": 0.0, "learning_rate": 5e-5}),
    ("gcnet", 40, {"dropout": 0.0, "learning_rate": 5e-5, "time_attention": False}),
    ("cpmnet", None, {}),
    ("logistic", None, {"strengths": (10.0,)}),
    ("late_fusion", None, {"strengths": (10.0,)}),
    ("gru", 60, {"dropout": 0.0}),
    ("momke", 40, {"dropout": 0.0, "expert_epochs": 5}),
    ("comp", 60, {"dropout": 0.0, "expert_epochs": 10, "learning_rate": 5e-4}),
    ("committee", None, HEART),
]
BASELINES = [name for name in our_methods() if name != "iteacnet"]


@pytest.fixture(scope="module", params=BASELINES)
def model(request):
    return request.param


@pytest.fixture(scope="module")
def trained(kit, model):
    """A learner that has trained a little, in evaluation mode."""
    learner = kit.learner(model, **SMALL.get(model, {}))
    kit.train(learner, kit.batch([4, 6, 3], seed=5), n_epochs=3)
    return learner.eval()


@pytest.mark.parametrize(("name", "n_epochs", "changes"), OVERFIT)
def test_overfits_eight_utterances(kit, name, n_epochs, changes):
    start = time.process_time()
    batch = kit.batch([8], dims=kit.paper_dims, seed=3, p_missing=0.2)
    batch = replace(batch, labels=torch.tensor([[0, 0, 1, 1, 2, 2, 3, 3]]))
    learner = kit.learner(name, kit.shape(kit.paper_dims), **changes)
    kit.train(learner, batch, n_epochs)
    chosen = learner.eval().predict(batch).argmax(dim=-1)
    assert f1_score(batch.labels[0], chosen[0], average="weighted") == 1.0
    assert time.process_time() - start < 60


@settings(max_examples=15, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    extra=st.integers(0, 5),
    seed=st.integers(0, 1000),
    data=st.data(),
)
def test_padding_and_batch_composition_change_no_valid_logit(
    kit, trained, lengths, extra, seed, data
):
    batch = kit.batch(lengths, seed=seed)
    together = trained.predict(batch)
    chosen = data.draw(st.permutations(range(len(lengths))))[: data.draw(st.integers(1, 5))]
    steps = max(lengths) + extra
    apart = trained.predict(kit.take(batch, chosen, steps))
    for place, b in enumerate(chosen):
        n = lengths[b]
        torch.testing.assert_close(apart[place, :n], together[b, :n], atol=1e-6, rtol=0)


def test_padding_and_order_change_no_loss(kit, trained):
    batch = kit.batch([4, 6, 3], seed=5)
    phase = trained.phases()[-1].name
    padded = kit.take(batch, [2, 0, 1], n_steps=9)
    losses = [trained.loss(b, phase).total for b in (batch, padded)]
    torch.testing.assert_close(losses[0], losses[1], atol=1e-6, rtol=1e-6)


def test_reads_nothing_but_what_is_usable(kit, trained):
    batch = kit.batch([5, 3], seed=8)
    poisoned = {
        name: torch.where(batch.usable[..., m : m + 1], batch.features[name], torch.nan)
        for m, name in enumerate(batch.features)
    }
    expected = trained.predict(batch)
    blind = replace(batch, features=poisoned, labels=torch.full_like(batch.labels, 10**6))
    assert torch.equal(trained.predict(blind)[batch.valid], expected[batch.valid])


@pytest.mark.parametrize("dims", [{"audio": 5, "text": 7, "visual": 6}, {"visual": 6}])
@pytest.mark.parametrize("name", ["ae", "cra", "mmin", "gcnet", "gru", "momke", "committee"])
def test_predictions_from_embedded_vectors_are_the_same(kit, name, dims):
    batch = kit.batch([7, 3, 5], dims=dims, seed=8)
    learner = kit.learner(name, kit.shape(dims), **SMALL.get(name, {}))
    kit.train(learner, batch, n_epochs=2)  # biases begin at 0, and a missing modality would too
    assert learner.embeds
    embedded = replace(batch, features=learner.eval().embed(batch.features))
    outputs, expected = learner.predict_embedded(embedded), learner.predict(batch)
    torch.testing.assert_close(outputs[batch.valid], expected[batch.valid])


def test_the_same_input_gives_the_same_bytes(kit, trained):
    batch = kit.batch([5, 3], seed=8)
    assert torch.equal(trained.predict(batch), trained.predict(batch))


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_learns_and_predicts_both_kinds_of_task(kit, model, kind):
    batch = kit.batch([6, 2, 5], kind=kind, seed=2)
    learner = kit.learner(model, kit.shape(kind=kind), **SMALL.get(model, {}))
    loss = kit.train(learner, batch, n_epochs=2)
    assert loss.total.isfinite()
    outputs = learner.eval().predict(batch)
    assert outputs.shape == (3, 6, 4 if kind == "classification" else 1)
    assert outputs.isfinite().all()


def test_class_weights_are_heeded_or_it_is_said_that_they_are_not(kit, model, trained):
    batch, phase = kit.batch([5, 3], seed=8), trained.phases()[-1].name
    losses = []
    for weights in (None, [1.0] * 4, [1.0, 5.0, 0.2, 1.0]):
        learner = kit.learner(model, **SMALL.get(model, {}))
        learner.prepare(batch)
        learner.load_state_dict(trained.state_dict() if model != "cpmnet" else {}, strict=False)
        learner.class_weights = None if weights is None else torch.tensor(weights)
        losses.append(learner.eval().loss(batch, phase).total.item())
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert (losses[2] != pytest.approx(losses[0], rel=1e-4)) == trained.weighs_classes
    assert trained.weighs_classes == (model not in ("cpmnet", "prior"))


def test_an_utterance_with_nothing_usable_gives_no_nan(kit, model):
    batch = kit.batch([6, 2, 5], seed=2)
    available = batch.available.clone()
    available[0, 2] = False
    available[1] = False
    batch = batch.with_available(available)
    learner = kit.learner(model, **SMALL.get(model, {}))
    loss = kit.train(learner, batch, n_epochs=2)
    assert loss.total.isfinite()
    assert all(parameter.isfinite().all() for parameter in learner.parameters())
    assert learner.eval().predict(batch).isfinite().all()


def test_features_that_were_never_extracted_poison_no_gradient(kit, model):
    batch = kit.batch([6, 2, 5], seed=2)
    poisoned = {
        name: torch.where(batch.extracted[..., m : m + 1], batch.features[name], torch.nan)
        for m, name in enumerate(batch.features)
    }
    learner = kit.learner(model, **SMALL.get(model, {}))
    kit.train(learner, replace(batch, features=poisoned), n_epochs=2)
    assert all(parameter.isfinite().all() for parameter in learner.parameters())


def test_nothing_missing_gives_no_nan_and_nothing_to_reconstruct(kit, model):
    batch = kit.batch([6, 2, 5], seed=2, p_missing=0)
    learner = kit.learner(model, **SMALL.get(model, {}))
    loss = kit.train(learner, batch, n_epochs=2)
    assert loss.total.isfinite()
    if model in ("ae", "cra", "gcnet"):
        assert loss.parts["reconstruction"] == 0


def test_does_without_a_modality_that_the_task_lacks(kit, model):
    dims = {"audio": 5, "text": 7}
    batch = kit.batch([6, 2, 5], dims=dims, seed=2)
    learner = kit.learner(model, kit.shape(dims), **SMALL.get(model, {}))
    kit.train(learner, batch, n_epochs=2)
    assert learner.eval().predict(batch).isfinite().all()
    assert not [name for name, _ in learner.named_parameters() if "visual" in name]


def test_weights_read_back_into_a_fresh_learner_predict_the_same(kit, model, trained):
    batch = kit.batch([5, 3], seed=8)
    fresh = kit.learner(model, seed=1, **SMALL.get(model, {}))
    fresh.load_state_dict(trained.state_dict())
    assert torch.equal(fresh.eval().predict(batch), trained.predict(batch))
    assert fresh.count_parameters() == trained.count_parameters()


@needs_cuda
def test_runs_on_cuda_with_the_same_code(kit, model, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)  # as `make_deterministic` does
    batch = kit.batch([6, 2, 5], seed=2)
    on_cpu = kit.learner(model, **SMALL.get(model, {}))
    on_gpu = kit.learner(model, **SMALL.get(model, {})).cuda()

    for learner, device in ((on_cpu, "cpu"), (on_gpu, "cuda")):
        torch.manual_seed(0)
        learner.prepare(batch.to(device))
        if model == "mmin":
            learner.finish_phase("pretrain")
        learner.eval()

    outputs, expected = on_gpu.predict(batch.to("cuda")), on_cpu.predict(batch)
    torch.testing.assert_close(outputs.cpu(), expected, atol=1e-4, rtol=1e-4)
    phase = on_gpu.phases()[-1].name
    losses = [m.loss(b, phase).total for m, b in ((on_gpu, batch.to("cuda")), (on_cpu, batch))]
    torch.testing.assert_close(losses[0].cpu(), losses[1], atol=1e-3, rtol=1e-4)
