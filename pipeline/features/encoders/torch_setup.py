"""How encoders use torch: one core per utterance, and no hidden change of precision.

`precision` other than float32 casts the weights of a network once, when it is loaded: autocast
would cast them all at every call, and some networks break on a mixture. On CUDA alone: on most
CPUs it is many times slower (reading.md F.4), so that asking for it there is a mistake. Norms of
utterances, sums of layers and means are taken in float32 all the same. Networks of one's own, whose
weights are their own affair, run under autocast (`inference`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from pipeline.base.devices import device_name
from pipeline.base.errors import SettingsError

DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class PrecisionError(SettingsError):
    """The precision of the configuration cannot be had on this device."""


def choose_device(device: str) -> torch.device:
    """`auto`, `cpu` or `cuda` as a torch device, set up for features that repeat."""
    found = torch.device(device_name(device))
    torch.set_num_threads(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    return found


def check_precision(settings: Mapping[str, Any], device: torch.device) -> torch.dtype | None:
    """The dtype of weights and inputs, None for float32."""
    precision = settings["precision"]
    if precision == "float32":
        return None
    if device.type != "cuda":
        raise PrecisionError(
            f"features: precision {precision!r} needs a CUDA device and this job runs on "
            f"{device.type}: set it to float32 (its features have their own place in the cache)"
        )
    return DTYPES[precision]


def wants_batches(device: torch.device) -> bool:
    """Whether many utterances go at once; a core has enough to do with one."""
    return device.type == "cuda"


@contextmanager
def inference(device: torch.device, dtype: torch.dtype | None) -> Iterator[None]:
    """No gradients, and autocast to `dtype` if there is one; torch keeps both per thread."""
    with torch.inference_mode(), torch.autocast(device.type, dtype, enabled=dtype is not None):
        yield
