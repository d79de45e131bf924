"""The device of a run: the CPU works everywhere, and what is not there is told by its name."""

import os

import pytest
import torch

from pipeline.base.devices import DeviceError
from pipeline.training.devices import ready_device


@pytest.fixture(autouse=True)
def as_before():
    """What `ready_device` sets for the whole process."""
    n_threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    yield
    torch.set_num_threads(n_threads)
    torch.set_deterministic_debug_mode(mode)


def test_the_cpu_is_there_and_repeats():
    assert ready_device("cpu", 1) == torch.device("cpu")
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


@pytest.mark.parametrize("name", ["gpu", "meta", "", "cuda:99"])
def test_what_is_not_there_is_refused_by_name(name):
    with pytest.raises(DeviceError, match=f"^--device {name}: "):
        ready_device(name, 1)
