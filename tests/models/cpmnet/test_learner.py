import weakref
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cpmnet import learner as cpmnet
from models.cpmnet.latent_codes import usable_vectors

QUICK = {"code_dim": 4, "train_epochs": 5, "test_epochs": 40}


@pytest.fixture(scope="module")
def batch(kit):
    return kit.batch([1] * 20, seed=5)


@pytest.fixture(scope="module")
def trained(kit, batch):
    learner = kit.learner("cpmnet", **QUICK)
    kit.train(learner, batch)
    return learner.eval()


def test_counts_as_published(kit):
    """paper Table 5: 0.57M, with the codes of MOSI's training and test utterances."""
    learner = kit.learner("cpmnet", kit.shape(kit.paper_dims, kind="regression"))
    assert learner.count_parameters() == 330_240
    assert learner.count_with_codes(1231 + 656) == 571_776


def test_counts_the_codes_that_it_has(kit, trained):
    assert trained.count_parameters() == trained.count_with_codes(20)
    assert trained.count_parameters() == sum(p.numel() for p in trained.parameters())


def test_codes_begin_xavier_uniform_and_keep_classes_and_rows(kit, batch):
    learner = kit.learner("cpmnet", **QUICK)
    learner.prepare(batch)
    limit = (6 / (20 + 4)) ** 0.5
    assert 0.8 * limit < learner.codes.abs().max() <= limit
    order = batch.rows.flatten().argsort()
    assert torch.equal(learner.rows, batch.rows.flatten()[order])
    assert torch.equal(learner.classes, batch.labels.flatten()[order])


def test_steps_of_the_decoders_and_of_the_codes_move_nothing_else(kit, batch):
    learner = kit.learner("cpmnet", **QUICK)
    learner.prepare(batch)
    learner.loss(batch, "train", group=0).total.backward()
    assert learner.codes.grad is None
    assert all(p.grad.any() for p in learner.decoders.parameters())
    learner.zero_grad()
    learner.loss(batch, "train", group=1).total.backward()
    assert learner.codes.grad.any()
    assert all(p.grad is None for p in learner.decoders.parameters())


def test_the_codes_loss_adds_the_weighted_classification(kit, batch):
    learner = kit.learner("cpmnet", class_weight=10.0, **QUICK)
    learner.prepare(batch)
    loss = learner.loss(batch, "train", group=1)
    expected = loss.parts["reconstruction"] + 10 * loss.parts["classification"]
    torch.testing.assert_close(loss.total.detach(), expected)
    assert learner.loss(batch, "train", group=0).total == loss.parts["reconstruction"]
    assert loss.parts["classification"] > 0


def test_training_needs_the_set_that_it_prepared_for_in_any_order(kit, batch):
    learner = kit.learner("cpmnet", **QUICK)
    learner.prepare(batch)
    shuffled = kit.take(batch, torch.randperm(20))
    first, second = (learner.loss(b, "train", 1).total for b in (batch, shuffled))
    torch.testing.assert_close(first, second)
    with pytest.raises(ValueError, match="the 19 utterances of the batch are not the 20"):
        learner.loss(kit.take(batch, range(19)), "train", 1)


def test_features_are_gathered_once_for_all_steps_on_a_batch(kit, batch, monkeypatch):
    gathered = []

    def watched(utterances):
        gathered.append(utterances)
        return usable_vectors(utterances)

    monkeypatch.setattr(cpmnet, "usable_vectors", watched)
    learner = kit.learner("cpmnet", **QUICK)
    kit.train(learner, batch)
    assert len(gathered) == 1
    assert not [name for name in learner.state_dict() if "gathered" in name]


def test_another_mask_is_another_batch_and_the_last_one_is_let_go(kit, batch):
    learner = kit.learner("cpmnet", **QUICK)
    learner.prepare(batch)
    first = replace(batch)
    is_held, before = weakref.ref(first), learner.loss(first, "train").total
    other = batch.with_available(~batch.available)
    after = learner.loss(other, "train").total
    del first
    assert is_held() is None
    fresh = kit.learner("cpmnet", **QUICK)
    fresh.prepare(other)
    assert torch.equal(after, fresh.loss(other, "train").total)
    assert not torch.equal(after, before)


def test_a_batch_seen_before_is_held_against_a_new_training_set(kit, batch):
    learner = kit.learner("cpmnet", **QUICK)
    learner.prepare(batch)
    learner.loss(batch, "train")
    learner.prepare(kit.take(batch, range(19)))
    with pytest.raises(ValueError, match="the 20 utterances of the batch are not the 19"):
        learner.loss(batch, "train")


def test_phases_come_after_the_codes(kit, batch):
    learner = kit.learner("cpmnet", **QUICK)
    with pytest.raises(RuntimeError, match="`prepare` makes the codes"):
        learner.phases()
    learner.prepare(batch)
    (phase,) = learner.phases()
    assert (phase.alternate, phase.steps, phase.n_epochs) == (True, 5, 5)
    assert [group.learning_rate for group in phase.groups] == [1e-3, 1e-2]
    assert (learner.batching, learner.masks, learner.selection) == ("full", "per_run", "last")


def test_training_reconstructs_and_separates(kit, batch, trained):
    fresh = kit.learner("cpmnet", **QUICK)
    fresh.prepare(batch)
    before, after = (m.loss(batch, "train", 1).parts for m in (fresh, trained))
    assert after["reconstruction"] < before["reconstruction"]
    assert after["classification"] < before["classification"]


def test_predictions_follow_the_mean_inner_product_rule(kit, trained):
    test = kit.batch([1] * 7, seed=9)
    codes = trained.fit_codes(test)
    scores = trained.predict(test)
    for i in range(7):
        for c in range(4):
            inner = [
                float(codes[i] @ known.double())
                for known, own in zip(trained.codes.detach(), trained.classes, strict=True)
                if own == c
            ]
            assert scores[i, 0, c].item() == pytest.approx(sum(inner) / len(inner), abs=1e-5)


def test_codes_are_fitted_by_adam_on_the_reconstruction_alone(kit, trained):
    """The same descent by autograd on the plain error, from the mean training code."""
    test = kit.batch([1] * 7, seed=9, dtype=torch.float64)
    usable, features = test.usable.squeeze(1), test.masked().features
    codes = trained.codes.detach().double().mean(dim=0).repeat(7, 1).requires_grad_()
    optimizer = torch.optim.Adam([codes], 1e-3)
    for _ in range(40 * 5):
        error = torch.zeros(())
        for m, name in enumerate(features):
            weight = trained.decoders.weights[name].detach().double()
            bias = trained.decoders.biases[name].detach().double()
            errors = (F.linear(codes, weight, bias) - features[name][:, 0]).square().sum(dim=1)
            error = error + (errors * usable[:, m]).sum()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()

    torch.testing.assert_close(trained.fit_codes(test), codes.detach(), atol=1e-9, rtol=0)


def test_labels_do_not_change_predictions(kit, trained):
    test = kit.batch([1] * 7, seed=9)
    relabelled = replace(test, labels=(test.labels + 1) % 4)
    assert torch.equal(trained.predict(test), trained.predict(relabelled))


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(7)), n=st.integers(1, 7))
def test_a_prediction_depends_on_its_own_utterance_alone(kit, trained, order, n):
    test = kit.batch([1] * 7, seed=9)
    some = order[:n]
    together, apart = trained.predict(test), trained.predict(kit.take(test, some))
    torch.testing.assert_close(apart, together[some], atol=1e-6, rtol=0)


def test_an_utterance_with_nothing_usable_keeps_the_mean_training_code(kit, trained):
    test = kit.batch([1] * 2, seed=9)
    test = test.with_available(torch.zeros_like(test.available))
    expected = trained.codes.detach().double().mean(dim=0)
    assert torch.equal(trained.fit_codes(test), expected.expand(2, 4))


def test_regression_learns_signs_without_zeros_and_predicts_a_signed_score(kit):
    batch = kit.batch([1] * 30, kind="regression", seed=5, p_missing=0.1)
    for values in batch.features.values():
        values += batch.labels.sign().unsqueeze(-1)
    learner = kit.learner("cpmnet", kit.shape(kind="regression"), code_dim=6)
    kit.train(learner, batch)
    labels = batch.labels.flatten()
    assert len(learner.codes) == int((labels != 0).sum()) < 30
    by_row = dict(zip(batch.rows.flatten().tolist(), labels.tolist(), strict=True))
    assert learner.classes.tolist() == [int(by_row[row] > 0) for row in learner.rows.tolist()]
    outputs = learner.eval().predict(batch)
    assert outputs.shape == (30, 1, 1)
    agree = (outputs.flatten() > 0) == (labels > 0)
    assert agree[labels != 0].float().mean() > 0.9


def test_weights_with_any_number_of_codes_are_read_back(kit, trained):
    other = kit.learner("cpmnet", seed=1, **QUICK)
    other.prepare(kit.batch([1] * 3, seed=2))
    other.load_state_dict(trained.state_dict())
    test = kit.batch([1] * 7, seed=9)
    assert torch.equal(other.predict(test), trained.predict(test))
    assert torch.equal(other.rows, trained.rows)
    assert torch.equal(other.classes, trained.classes)


def test_a_training_set_without_any_class_is_refused(kit):
    batch = kit.batch([1] * 3, kind="regression")
    batch.labels.zero_()
    with pytest.raises(ValueError, match="no utterance with a class"):
        kit.learner("cpmnet", kit.shape(kind="regression")).prepare(batch)
