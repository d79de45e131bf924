"""The device that a run computes on, set up to give the same bytes again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from models.kernels import use_fast_kernels
from pipeline.base.devices import device_name

if TYPE_CHECKING:
    import torch

SWITCH = "ITEACNET_FAST"  # 0: without the kernels of models/fast (docs/fast.md)
RECORDING = "ITEACNET_GRAPHS"  # 0: nothing is recorded on a GPU (docs/speed.md)


def asks_for_fast_kernels() -> bool:
    """Whether the environment leaves the kernels of models/fast on."""
    return os.environ.get(SWITCH, "1") != "0"


def asks_for_recording() -> bool:
    """Whether the environment leaves it on that a GPU replays steps (`recording`)."""
    return os.environ.get(RECORDING, "1") != "0"


def ready_device(name: str, n_threads: int) -> torch.device:
    """The device of this name, with kernels that repeat. Raises DeviceError."""
    # cuBLAS reads this when CUDA starts; without it, its sums depend on scheduling.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    from pipeline.training.randomness import make_deterministic

    use_fast_kernels(is_on=asks_for_fast_kernels())
    device = torch.device(device_name(name))
    make_deterministic(n_threads, device)
    return device
