"""What a configuration says of a method's optimisers reaches all of them."""

from dataclasses import fields

import pytest
import torch

from models.registry import our_methods
from tests.models.conftest import make_batch, make_learner, make_settings
from tests.small_methods import SMALL

KINDS = ("learning_rate", "weight_decay", "max_grad_norm")
AT_TEST = "test_learning_rate"  # CPM-Net's, of codes that are found while predicting


def named(model):
    """Settings of optimisers by what they set, each with a value that nothing else has."""
    names = [field.name for field in fields(make_settings(model)) if field.name != AT_TEST]
    return {
        kind: {name: 0.011 * (n + 1) for n, name in enumerate(names) if name.endswith(kind)}
        for kind in KINDS
    }


@pytest.mark.parametrize("model", our_methods())
def test_every_setting_of_optimizers_reaches_all_groups(model):
    given = named(model)
    changes = {name: value for values in given.values() for name, value in values.items()}
    learner = make_learner(model, **SMALL.get(model, {}), **changes)
    learner.prepare(make_batch([4, 3]))
    groups = [group for phase in learner.phases() for group in phase.groups]

    for kind, values in given.items():
        if values:
            assert {getattr(group, kind) for group in groups} == set(values.values())


def test_codes_of_new_utterances_move_at_their_own_rate():
    """A first step of Adam is as long as its rate, whatever the gradient."""
    outputs = []
    for rate in (1e-12, 1e-12, 1e-1):
        learner = make_learner("cpmnet", **SMALL["cpmnet"], **{AT_TEST: rate})
        learner.prepare(make_batch([4, 3]))
        outputs.append(learner.eval().predict(make_batch([5], seed=1)))
    still, again, moved = outputs
    assert torch.equal(still, again)
    assert not torch.allclose(still, moved, atol=1e-3)
