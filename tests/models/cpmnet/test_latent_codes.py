"""Truth: the formulas of reading.md B.7, with the whole matrix of inner products."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cpmnet.latent_codes import (
    LinearDecoders,
    class_scores,
    classification_loss,
    usable_vectors,
)

DIMS = {"audio": 5, "text": 7, "visual": 6}


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 12), n_known=st.integers(1, 12), seed=st.integers(0, 99))
def test_scores_are_the_mean_inner_products_with_each_class(n, n_known, seed):
    rng = torch.Generator().manual_seed(seed)
    codes = torch.randn(n, 4, generator=rng, dtype=torch.float64)
    known = torch.randn(n_known, 4, generator=rng, dtype=torch.float64)
    classes = torch.randint(0, 3, (n_known,), generator=rng)
    ours = class_scores(codes, known, classes, 3)
    for i in range(n):
        for c in range(3):
            members = [float(codes[i] @ known[k]) for k in range(n_known) if classes[k] == c]
            if members:
                assert ours[i, c].item() == pytest.approx(sum(members) / len(members))
            else:
                assert ours[i, c] <= ours[i].max() - 1
    assert set(ours.argmax(dim=1).tolist()) <= set(classes.tolist())


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 12), seed=st.integers(0, 99))
def test_classification_loss_equals_its_formula(n, seed):
    rng = torch.Generator().manual_seed(seed)
    codes = torch.randn(n, 4, generator=rng, dtype=torch.float64)
    classes = torch.randint(0, 3, (n,), generator=rng)
    inner, expected = codes @ codes.T, 0.0
    for i in range(n):
        scores = {}
        for c in set(classes.tolist()):
            others = [inner[i, k].item() for k in range(n) if k != i and classes[k] == c]
            scores[c] = sum(others) / len(others) if others else 0.0
        best, own = max(scores, key=lambda c: scores[c]), int(classes[i])
        expected += max(0.0, (best != own) + scores[best] - scores[own])
    ours = classification_loss(codes, classes, 3)
    assert ours.item() == pytest.approx(expected, abs=1e-9)


def test_the_only_member_of_a_class_gives_a_finite_gradient():
    codes = torch.randn(3, 4, requires_grad=True)
    classification_loss(codes, torch.tensor([0, 1, 1]), 4).backward()
    assert codes.grad.isfinite().all()


def test_no_matrix_of_all_pairs_is_built():
    """A hundred thousand codes would need 40 GB for it."""
    codes = torch.randn(100_000, 4)
    assert classification_loss(codes, torch.arange(100_000) % 3, 3).isfinite()


@pytest.fixture
def decoders():
    torch.manual_seed(0)
    decoders = LinearDecoders(4, DIMS).double()
    for bias in decoders.biases.values():
        torch.nn.init.normal_(bias)
    return decoders


def test_error_sums_squares_of_usable_modalities(kit, decoders):
    batch = kit.batch([1] * 6, seed=3, dtype=torch.float64)
    codes, expected = torch.randn(6, 4, dtype=torch.float64), 0.0
    for i in range(6):
        for m, name in enumerate(DIMS):
            if batch.usable[i, 0, m]:
                decoded = decoders.weights[name] @ codes[i] + decoders.biases[name]
                expected += (decoded - batch.features[name][i, 0]).square().sum().item()
    assert decoders.error(usable_vectors(batch), codes).item() == pytest.approx(expected)


def test_fixed_decoders_get_no_gradient(kit, decoders):
    batch = kit.batch([1] * 6, seed=3, dtype=torch.float64)
    codes = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    decoders.error(usable_vectors(batch), codes, is_fixed=True).backward()
    assert codes.grad.any()
    assert all(p.grad is None for p in decoders.parameters())


def test_the_quadratic_form_is_the_error_up_to_a_constant(kit, decoders):
    batch = kit.batch([1], seed=3, p_missing=0, dtype=torch.float64)
    quadratic, linear = decoders.quadratic({n: batch.features[n][:, 0] for n in ("audio", "text")})
    usable = torch.tensor([[[True, True, False]]])
    batch = replace(batch, extracted=usable)
    codes = torch.randn(5, 1, 4, dtype=torch.float64)
    form = [(h @ quadratic * h - 2 * linear * h).sum() for h in codes]
    error = [decoders.error(usable_vectors(batch), h) for h in codes]
    differences = torch.stack(error) - torch.stack(form)
    torch.testing.assert_close(differences, differences[:1].expand(5))


def test_weights_are_xavier_uniform_and_biases_zero():
    decoders = LinearDecoders(128, {"audio": 512})
    limit = (6 / (128 + 512)) ** 0.5
    assert decoders.weights["audio"].abs().max().item() == pytest.approx(limit, rel=0.01)
    assert not decoders.biases["audio"].any()
