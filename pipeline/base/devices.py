"""What a process computes on: the CPU, or a GPU that torch sees here.

torch is imported where it is needed: a run that comes out of the cache loads none.
"""

from pathlib import Path

from pipeline.base.errors import SettingsError

GPU_FILES = ("nvidia[0-9]*", "dxg", "kfd")  # in /dev: NVIDIA, WSL, AMD


class DeviceError(SettingsError):
    """There is no such device here."""


def device_name(name: str) -> str:
    """Torch's name of a device that is here; `auto`: the GPU, or else the CPU.

    Raises DeviceError.
    """
    import torch

    n_gpus = torch.cuda.device_count()
    if name == "auto":
        return "cuda" if n_gpus else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")

    if device.type not in ("cpu", "cuda"):
        raise DeviceError(f"--device {name}: use auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= n_gpus:
        raise DeviceError(f"--device {name}: torch sees {n_gpus} GPUs here; use auto or cpu")
    return str(device)


def kind_of_device(name: str) -> str:
    """`cpu`, or the model of the GPU: each rounds in a way of its own. Raises DeviceError."""
    if name == "cpu" or (name == "auto" and not _has_gpu_files()):
        return "cpu"
    import torch

    found = device_name(name)
    return found if found == "cpu" else torch.cuda.get_device_name(torch.device(found))


def _has_gpu_files() -> bool:
    """Without one of these torch can see no GPU."""
    return any(True for pattern in GPU_FILES for _ in Path("/dev").glob(pattern))
