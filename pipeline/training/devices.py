"""The device that a run computes on, set up to give the same bytes again."""

import os

import torch

from pipeline.training.randomness import make_deterministic


class DeviceError(ValueError):
    """There is no such device here."""


def ready_device(name: str, n_threads: int) -> torch.device:
    """The device of this name, `auto`: the GPU where torch sees one. Raises DeviceError."""
    # cuBLAS reads this when CUDA starts; without it, its sums depend on scheduling.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    device = _device(name)
    make_deterministic(n_threads, device)
    return device


def kind_of_device(name: str) -> str:
    """`cpu`, or the model of the GPU: each rounds in a way of its own. Raises DeviceError."""
    device = _device(name)
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _device(name: str) -> torch.device:
    n_gpus = torch.cuda.device_count()
    if name == "auto":
        return torch.device("cuda" if n_gpus else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise DeviceError(f"--device {name}: use auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= n_gpus:
        raise DeviceError(f"--device {name}: torch sees {n_gpus} GPUs here; use auto or cpu")
    return device
