from itertools import chain

import pytest
import torch
from torch import nn

from models.learner import OptimizerGroup, Phase
from pipeline.training.optimizers import PhaseOptimizers


def parameters(*values):
    return [nn.Parameter(torch.tensor(value)) for value in values]


def step(optimizers, groups, gradient):
    for group in groups:
        for parameter in group:
            parameter.grad = torch.full_like(parameter, gradient)
    optimizers.step()


def test_a_step_of_adamw_is_the_published_one():
    (parameter,) = group = parameters([1.0, -2.0])
    phase = Phase("p", [OptimizerGroup(group, 0.1, weight_decay=0.01)])
    optimizers = PhaseOptimizers(phase)
    x, m, v = torch.tensor([1.0, -2.0]), torch.zeros(2), torch.zeros(2)
    for t in (1, 2, 3):
        gradient = 0.5 * t
        step(optimizers, [group], gradient)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        x = x * (1 - 0.1 * 0.01)
        x = x - 0.1 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
        assert torch.allclose(parameter.detach(), x, atol=1e-6)


def test_each_group_has_its_own_rate_kind_and_decay():
    first, second = parameters([1.0]), parameters([1.0])
    groups = [OptimizerGroup(first, 0.1), OptimizerGroup(second, 0.001, kind="adam")]
    step(PhaseOptimizers(Phase("p", groups)), [first, second], 1.0)
    assert first[0].item() == pytest.approx(0.9)
    assert second[0].item() == pytest.approx(0.999)


def test_rates_are_scaled_from_the_groups_own():
    (parameter,) = group = parameters([1.0])
    optimizers = PhaseOptimizers(Phase("p", [OptimizerGroup(group, 0.1, kind="adam")]))
    optimizers.scale_rates(0.5)
    optimizers.scale_rates(0.1)  # not 0.05: of the group's own
    step(optimizers, [group], 1.0)
    assert parameter.item() == pytest.approx(0.99)


def test_clipping_bounds_the_norm_over_the_group():
    group = parameters([0.0, 0.0], [0.0])
    optimizers = PhaseOptimizers(Phase("p", [OptimizerGroup(group, 1.0, max_grad_norm=0.6)]))
    for parameter in group:
        parameter.grad = torch.full_like(parameter, 3.0)
    optimizers.step()
    # Adam divides by the root of the mean square: that holds the clipped gradients
    squares = [v for name, v in optimizers.state().items() if ".square." in name]
    norm = (torch.cat(squares) / 0.001).sum().sqrt().item()
    assert norm == pytest.approx(0.6, abs=1e-4)


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_clipping_is_torchs(kind):
    """In whole runs of steps: gradients beyond the limit, and within it."""
    ours, theirs = (parameters([1.0, -2.0, 3.0], [0.5]) for _ in range(2))
    group = OptimizerGroup(ours, 0.1, kind=kind, weight_decay=0.1, max_grad_norm=1.0)
    optimizers = PhaseOptimizers(Phase("p", [group]))
    torchs = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    optimizer = torchs[kind](theirs, 0.1, weight_decay=0.1)
    for size in (0.1, 5.0, 0.3, 2.0):
        step(optimizers, [ours], size)
        for parameter in theirs:
            parameter.grad = torch.full_like(parameter, size)
        nn.utils.clip_grad_norm_(theirs, 1.0)
        optimizer.step()
    torch.testing.assert_close(ours, theirs)


def test_gradients_are_forgotten_after_a_step():
    (parameter,) = group = parameters([1.0])
    step(PhaseOptimizers(Phase("p", [OptimizerGroup(group, 0.1)])), [group], 1.0)
    assert parameter.grad is None


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_a_restored_state_goes_on_as_if_nothing_happened(kind):
    def make():
        groups = [parameters([1.0, 2.0], [3.0]), parameters([4.0])]
        made = [OptimizerGroup(group, 0.1, kind=kind) for group in groups]
        return groups, PhaseOptimizers(Phase("p", made))

    groups, whole = make()
    for gradient in (1.0, -0.3):
        step(whole, groups, gradient)
    state = {name: value.clone() for name, value in whole.state().items()}
    again, restored = make()
    for old, new in zip(chain(*groups), chain(*again), strict=True):
        new.data.copy_(old.data)
    restored.load_state(state)
    for gradient in (0.7, 0.2):
        step(whole, groups, gradient)
        step(restored, again, gradient)
    for old, new in zip(chain(*groups), chain(*again), strict=True):
        assert torch.equal(old, new)


def test_a_parameter_without_gradient_does_not_move_or_count():
    (moving, still) = group = parameters([1.0], [1.0])
    optimizers = PhaseOptimizers(Phase("p", [OptimizerGroup(group, 0.1, weight_decay=0.5)]))
    moving.grad = torch.ones(1)
    optimizers.step()
    assert moving.item() < 1
    assert still.item() == 1
    assert optimizers.state()["0.steps.1"] == 0


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_many_steps_equal_those_of_torchs_own_classes(kind):
    ours, theirs = (parameters([0.3, -1.0, 2.0], [0.7]) for _ in range(2))
    options = {"weight_decay": 0.01, "betas": (0.5, 0.999)}
    optimizers = PhaseOptimizers(Phase("p", [OptimizerGroup(ours, 0.05, kind=kind, **options)]))
    classes = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    reference = classes[kind](theirs, lr=0.05, foreach=False, **options)
    gradients = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    for gradient in gradients:
        for group in (ours, theirs):
            group[0].grad, group[1].grad = gradient[:3].clone(), gradient[3:].clone()
        optimizers.step()
        reference.step()
    for our, their in zip(ours, theirs, strict=True):
        assert torch.allclose(our, their, atol=1e-6)
