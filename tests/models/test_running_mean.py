"""Running means of weights against their sums, written out."""

import pytest
import torch
from torch import nn

from models.running_mean import RunningMean

SHARE, VALUES = 0.25, (2.0, -1.0, 4.0, 0.5)


def mean_of(is_corrected, share=SHARE):
    network = nn.Linear(1, 1, bias=False).requires_grad_(True)
    with torch.no_grad():
        network.weight.fill_(8.0)
    mean = RunningMean(network, share, is_corrected=is_corrected)
    for value in VALUES:
        with torch.no_grad():
            network.weight.fill_(value)
        mean.follow(network)
    return mean


def test_the_plain_one_still_holds_its_beginning():
    expected = (1 - SHARE) ** 4 * 8.0
    for age, value in enumerate(reversed(VALUES)):
        expected += SHARE * (1 - SHARE) ** age * value
    assert mean_of(is_corrected=False).network.weight.item() == pytest.approx(expected)


def test_the_corrected_one_is_a_mean_of_what_it_followed_alone():
    shares = [(1 - SHARE) ** age for age in range(4)]
    told = sum(s * v for s, v in zip(shares, reversed(VALUES), strict=True))
    assert mean_of(is_corrected=True).network.weight.item() == pytest.approx(told / sum(shares))


def test_its_place_is_stored_and_no_gradient_reaches_it():
    mean = mean_of(is_corrected=True)
    fresh = RunningMean(nn.Linear(1, 1, bias=False), SHARE, is_corrected=True)
    fresh.load_state_dict(mean.state_dict())
    other = nn.Linear(1, 1, bias=False)
    for follower in (mean, fresh):
        follower.follow(other)
    assert fresh.network.weight.item() == mean.network.weight.item()
    assert not any(parameter.requires_grad for parameter in mean.parameters())
