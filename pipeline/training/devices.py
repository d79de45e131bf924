"""The device that a run computes on, set up to give the same bytes again.

torch is imported where it is needed: a run that comes out of the cache loads none.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

GPU_FILES = ("nvidia[0-9]*", "dxg", "kfd")  # in /dev: NVIDIA, WSL, AMD


class DeviceError(ValueError):
    """There is no such device here."""


def ready_device(name: str, n_threads: int) -> torch.device:
    """The device of this name, `auto`: the GPU where torch sees one. Raises DeviceError."""
    # cuBLAS reads this when CUDA starts; without it, its sums depend on scheduling.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    from pipeline.training.randomness import make_deterministic

    device = _device(name)
    make_deterministic(n_threads, device)
    return device


def kind_of_device(name: str) -> str:
    """`cpu`, or the model of the GPU: each rounds in a way of its own. Raises DeviceError."""
    if name == "cpu" or (name == "auto" and not _has_gpu_files()):
        return "cpu"
    import torch

    device = _device(name)
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _has_gpu_files() -> bool:
    """Without one of these torch can see no GPU."""
    return any(True for pattern in GPU_FILES for _ in Path("/dev").glob(pattern))


def _device(name: str) -> torch.device:
    import torch

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
