"""Batches on a device: results come when they are waited for, recorded or not."""

import numpy as np
import pytest
import torch

from pipeline.features.encoders.card import NetworkOnCard
from tests.cuda import needs_cuda

WEIGHTS = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))


def rows(seed, n=4):
    return torch.randn(n, 5, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("place", ["cpu", pytest.param("cuda", marks=needs_cuda)])
def test_each_batch_has_its_own_results_whenever_they_are_taken(place):
    device = torch.device(place)
    weights = WEIGHTS.to(device)
    card = NetworkOnCard(lambda given, offset: given @ weights + offset, device)
    batches = [(rows(seed, n), torch.tensor([seed * 1.0])) for seed, n in enumerate((4, 4, 2, 4))]
    waits = [card.start(*batch) for batch in batches]
    for wait, (given, offset) in reversed(list(zip(waits, batches, strict=True))):
        found = wait()
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, given @ WEIGHTS + offset, rtol=1e-5, atol=1e-5)


def test_the_host_has_room_for_a_batch():
    room = NetworkOnCard(lambda given: given, torch.device("cpu")).room((2, 3), torch.int64)
    assert (room.shape, room.dtype) == ((2, 3), torch.int64)


@needs_cuda
def test_a_network_that_can_be_recorded_is_not_called_again(capsys):
    calls = []

    def network(given):
        calls.append(tuple(given.shape))
        return given * 2

    card = NetworkOnCard(network, torch.device("cuda"))
    for seed in range(6):
        np.testing.assert_array_equal(card.start(rows(seed))(), 2 * rows(seed).numpy())
    n_calls = len(calls)
    card.start(rows(9))()
    assert len(calls) == n_calls == 3
    assert capsys.readouterr().out == ""


@needs_cuda
def test_a_network_that_looks_at_what_it_computed_is_called_as_it_is(capsys):
    card = NetworkOnCard(lambda given: given * given.sum().item(), torch.device("cuda"))
    for seed in range(3):
        expected = rows(seed) * rows(seed).sum()
        np.testing.assert_allclose(card.start(rows(seed))(), expected, rtol=1e-4, atol=1e-5)
    assert "cannot be recorded" in capsys.readouterr().out


@needs_cuda
def test_lack_of_memory_is_told_as_such():
    card = NetworkOnCard(lambda given: given.new_empty(1 << 50).sum()[None], torch.device("cuda"))
    with pytest.raises(torch.OutOfMemoryError):
        card.start(rows(0))
