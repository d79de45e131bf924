"""Recorded work gives what it gives when it is done anew; what cannot be recorded is still done."""

import pytest
import torch

from pipeline.media.replaying import Replayed, Replays
from tests.cuda import needs_cuda


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=needs_cuda)])
def device(request):
    return torch.device(request.param)


def test_each_call_sees_its_own_numbers_from_host_or_device(device):
    done = []

    def work(first, second):
        done.append(first.device)
        return first * 2 + second, first.cumsum(0)

    twice = Replayed(work, Replays(device))
    for k in range(4):
        first = torch.arange(5.0) + k
        given = first if k % 2 else first.to(device)
        total, sums = twice(given, torch.ones(5))
        assert total.device.type == device.type
        assert total.cpu().tolist() == (first * 2 + 1).tolist()
        assert sums.cpu().tolist() == first.cumsum(0).tolist()
    # On a GPU once to warm up and once to record, elsewhere at each call.
    assert len(done) == (2 if device.type == "cuda" else 4)


@needs_cuda
def test_work_that_waits_for_a_value_is_launched_and_that_is_said(capfd):
    replays = Replays(torch.device("cuda"))
    careful = Replayed(lambda given: (given * given.sum().item(),), replays)
    other = Replayed(lambda given: (given + 1,), replays)
    for k in (2, 3):
        assert careful(torch.full((3,), float(k)))[0].tolist() == [3.0 * k * k] * 3
    assert "cannot be recorded, kernels are launched one by one" in capfd.readouterr().err
    assert other(torch.zeros(2))[0].tolist() == [1.0, 1.0]
    assert not replays.is_on
