"""A state fits or not as torch's own strict loading says; all that does not is told at once."""

from pathlib import Path

import pytest
import torch
from torch import nn

from pipeline.base.errors import CheckpointError
from pipeline.features.weights.published import Published
from pipeline.features.weights.strict_state import fit_state

PUBLISHED = Published("net.pt", "https://example.org/net.pt", "features.audio.weights")
PATH = Path("net.pt")


def build():
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def fitted(state):
    return fit_state(PATH, state, build, PUBLISHED)


def test_a_state_in_half_precision_comes_in_the_dtypes_and_order_of_the_network():
    torch.manual_seed(0)
    state = build().state_dict()
    given = {
        name: value.half() for name, value in reversed(state.items()) if value.is_floating_point()
    }
    given["1.num_batches_tracked"] = torch.tensor(4, dtype=torch.int32)
    found = fitted(given)
    assert list(found) == list(state)
    assert {name: value.dtype for name, value in found.items()} == {
        name: value.dtype for name, value in state.items()
    }
    network = build()
    network.load_state_dict(found, strict=True)
    torch.testing.assert_close(network[0].weight, state["0.weight"], atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"0.bias": None}, "missing 0.bias"),
        ({"2.weight": torch.ones(1)}, "unexpected 2.weight"),
        ({"0.weight": torch.ones(2, 4)}, r"0.weight is \(2, 4\), expected \(2, 3\)"),
    ],
)
def test_what_torch_refuses_is_refused(changes, said):
    state = {**build().state_dict(), **changes}
    state = {name: value for name, value in state.items() if value is not None}
    with pytest.raises(RuntimeError):
        build().load_state_dict(state, strict=True)
    with pytest.raises(CheckpointError, match=f"1 weights do not fit the network: {said}"):
        fitted(state)


def test_everything_that_does_not_fit_is_told_at_once():
    state = build().state_dict()
    state["1.weight"] = [1.0, 2.0]
    state["1.bias"] = torch.empty(2, device="meta")
    del state["0.weight"]
    with pytest.raises(CheckpointError) as refusal:
        fitted(state)
    for said in ("3 weights", "missing 0.weight", "1.weight is a list", "no values", "net.pt"):
        assert said in str(refusal.value)
