"""Linear models: their optimum by its own equation and by scikit-learn, and what follows."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score

from models import softmax_path
from models.linear import prior, ridge, softmax_regression
from models.linear_learner import best_of, subsets

STRENGTHS = (0.01, 1.0)


@pytest.fixture
def rows():
    """60 rows of 5 features, and three classes that a line tells apart with noise."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((60, 5))
    scores = features @ rng.standard_normal((5, 3)) + rng.standard_normal((60, 3))
    return torch.from_numpy(features), torch.from_numpy(scores.argmax(axis=1))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_softmax_regression_is_where_its_gradient_is_zero(rows, n_classes, monkeypatch):
    monkeypatch.setattr(softmax_path, "TOLERANCE", 1e-9)
    features, target = rows[0], rows[1].clamp(max=n_classes - 1)
    for fit in softmax_regression(features, target, n_classes, STRENGTHS):
        error = fit.outputs(features).softmax(dim=1)
        error[torch.arange(60), target] -= 1
        pull = fit.weight if n_classes > 2 else fit.weight[1:]  # of two classes, one is at 0
        slope = fit.strength * (error.T @ features)[-len(pull) :] + pull
        assert slope.abs().max() < 1e-5
        assert error.sum(dim=0).abs().max() < 1e-4 / fit.strength


def test_each_strength_is_what_scikit_learn_finds_from_the_start(rows, monkeypatch):
    monkeypatch.setattr(softmax_path, "TOLERANCE", 1e-9)
    features, target = rows
    for fit in softmax_regression(features, target, 3, STRENGTHS):
        alone = LogisticRegression(C=fit.strength, tol=1e-9, max_iter=1000)
        alone.fit(features.numpy(), target.numpy())
        np.testing.assert_allclose(fit.weight, alone.coef_, atol=1e-5)


def test_weighted_classes_are_scikit_learns(rows, monkeypatch):
    monkeypatch.setattr(softmax_path, "TOLERANCE", 1e-9)
    features, target = rows
    weights = torch.tensor([0.5, 3.0, 1.0])
    for fit in softmax_regression(features, target, 3, STRENGTHS, weights):
        named = dict(enumerate(weights.tolist()))
        known = LogisticRegression(C=fit.strength, tol=1e-9, max_iter=1000, class_weight=named)
        known.fit(features.numpy(), target.numpy())
        np.testing.assert_allclose(fit.weight, known.coef_, atol=1e-5)


@pytest.mark.parametrize("n_rows", [60, 4])  # more rows than features, and fewer
def test_ridge_is_scikit_learns(rows, n_rows):
    features = rows[0][:n_rows]
    target = features @ torch.arange(5.0, dtype=torch.float64) + 3
    for fit in ridge(features, target, STRENGTHS):
        known = Ridge(alpha=1 / fit.strength).fit(features.numpy(), target.numpy())
        np.testing.assert_allclose(fit.weight[0], known.coef_, atol=1e-9)
        np.testing.assert_allclose(fit.bias[0], known.intercept_, atol=1e-9)


def test_the_prior_is_counted_by_hand():
    shares = prior(torch.tensor([0, 0, 0, 2]), "classification", 3).exp()
    np.testing.assert_allclose(shares, [0.75, 0, 0.25], atol=1e-12)
    assert prior(torch.tensor([1.0, 4.0]), "regression", 1).tolist() == [2.5]


def test_a_class_that_no_row_has_is_never_said(rows):
    features, target = rows[0], rows[1].clamp(max=1)
    (fit,) = softmax_regression(features, target, 4, [1.0])
    assert set(fit.outputs(features).argmax(dim=1).tolist()) == {0, 1}


def test_a_path_ends_after_two_lower_scores_and_the_first_of_equals_wins():
    tried = []

    def score(strength):
        tried.append(strength)
        return {1: 3.0, 2: 5.0, 3: 5.0, 4: 4.0, 5: 4.9, 6: 9.0}[strength]

    assert best_of([1, 2, 3, 4, 5, 6], score) == 2
    assert tried == [1, 2, 3, 4, 5]


def test_sets_of_modalities():
    assert list(subsets(("a", "b"))) == [("a",), ("b",), ("a", "b")]
    assert len(set(subsets(("a", "b", "c")))) == 7


def fitted(kit, model, batch, kind="classification", **settings):
    learner = kit.learner(model, kit.shape(kind=kind), **settings)
    learner.tune(batch.complete(), lambda target, outputs: -float(len(target)))
    kit.train(learner, batch.complete())
    return learner.eval()


def cells_with(batch, pattern):
    return (batch.usable == torch.tensor(pattern)).all(dim=-1)


def test_logistic_says_of_an_utterance_what_the_model_of_its_pattern_says(kit):
    batch = kit.batch([40, 40], seed=4)
    learner = fitted(kit, "logistic", batch)
    told = learner.predict(batch)

    has_two = batch.extracted[..., 0] & batch.extracted[..., 2] & batch.valid
    rows = torch.cat([batch.features["audio"], batch.features["visual"]], dim=-1).double()

    for place, name in ((0, "audio"), (2, "visual")):
        seen = batch.features[name][batch.extracted[..., place] & batch.valid].double()
        cut = slice(0, 5) if place == 0 else slice(5, 11)
        rows[..., cut] = (rows[..., cut] - seen.mean(0)) / seen.std(0, correction=0)

    known = LogisticRegression(C=1e-4, max_iter=1000, tol=1e-8)  # the first of equal scores
    known.fit(rows[has_two].numpy(), batch.labels[has_two].numpy())

    cells = cells_with(batch, [True, False, True])
    assert cells.sum() > 3
    expected = known.predict_log_proba(rows[cells].numpy())
    np.testing.assert_allclose(
        told[cells].log_softmax(-1).detach(), expected, atol=1e-3
    )  # L-BFGS ends before


def test_late_fusion_is_the_mean_of_probabilities(kit):
    batch = kit.batch([40, 40], seed=4)
    alone = {
        name: fitted(kit, "logistic", batch, modalities=(name,)).predict(batch).softmax(-1)
        for name in ("audio", "visual")
    }
    told = fitted(kit, "late_fusion", batch).predict(batch).exp()
    cells = cells_with(batch, [True, False, True])
    mean = (alone["audio"] + alone["visual"])[cells] / 2
    torch.testing.assert_close(told[cells], mean)


@pytest.mark.parametrize("model", ["logistic", "late_fusion", "prior"])
@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_seed_changes_nothing_and_nothing_usable_is_the_prior(kit, model, kind):
    batch = kit.batch([9, 9], kind=kind, seed=1)
    nothing = batch.with_available(torch.zeros_like(batch.available))
    learners = [kit.learner(model, kit.shape(kind=kind), seed=seed) for seed in (0, 1)]
    for learner in learners:
        kit.train(learner, batch)
    assert torch.equal(*(learner.predict(batch) for learner in learners))
    told = learners[0].predict(nothing)[batch.valid].detach()
    labels = batch.labels[batch.valid]
    if kind == "regression":
        expected = labels.mean().expand(len(told), 1)
    else:
        expected = (torch.bincount(labels, minlength=4) / len(labels)).log().expand(len(told), 4)
    torch.testing.assert_close(told, expected)


def test_masked_training_sees_what_the_masks_leave(kit):
    batch = kit.batch([30, 30], seed=2)
    learner = kit.learner("logistic", training="masked")
    assert not learner.phases()[0].is_complete
    told = []
    for hidden in (False, True):
        kit.train(learner, batch if hidden else batch.complete())
        told.append(learner.predict(batch.complete()).detach())
    assert not torch.allclose(*told)


def test_strengths_are_chosen_by_the_score(kit):
    batch = kit.batch([60, 60], seed=6)

    def weighted(target, outputs):
        return f1_score(target, outputs.argmax(dim=1), average="weighted")

    learner = kit.learner("logistic", strengths=(1e-4, 1.0))
    learner.tune(batch.complete(), weighted)
    loss = learner.loss(batch.complete(), "fit")  # held against what it was fitted to
    assert {float(value) for value in loss.parts.values()} == {1.0}


def test_a_feature_that_never_changes_says_nothing(kit):
    batch = kit.batch([12, 12], seed=4)
    batch.features["audio"][..., 0] = 2.0
    learner = fitted(kit, "logistic", batch)
    assert learner.predict(batch).isfinite().all()
    assert learner.linears["audio"].weight[:, 0].abs().max() == 0
