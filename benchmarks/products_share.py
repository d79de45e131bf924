"""What matrix products cost: their share of a call, by torch's profiler, and the least possible.

The least is what the processor needs for their multiplications alone: counted by torch, divided by
the speed of one large product that fits its caches, measured in the same run. No code with the same
products can be faster.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from models.fast.products import HAS_ONEDNN, multiply

PRODUCTS = (
    "aten::mm",
    "aten::addmm",
    "aten::bmm",
    "aten::baddbmm",
    "mkldnn::_linear_pointwise",
    "aten::mkldnn_convolution",
    "aten::convolution_backward",
)
WIDTH = 768  # of the product that tells the speed


def share_of_products(call: Callable[[], object]) -> float:
    """Own CPU time of the operators that multiply matrices, over that of all operators."""
    with profile(activities=[ProfilerActivity.CPU]) as watched:
        call()
    times = {event.key: event.self_cpu_time_total for event in watched.key_averages()}
    return sum(times.get(name, 0.0) for name in PRODUCTS) / sum(times.values())


def least_seconds(call: Callable[[], object], device: torch.device) -> float:
    """What the products of a call would take at the speed of a large one, at torch's threads."""
    return floating_operations(call) / product_speed(device)


def floating_operations(call: Callable[[], object]) -> int:
    """Multiplications and additions of the matrix products of a call."""
    mapping: dict[Any, Any] = {}
    if HAS_ONEDNN:
        mapping[torch.ops.mkldnn._linear_pointwise] = _of_linear
    with FlopCounterMode(display=False, custom_mapping=mapping) as counter:
        call()
    return int(counter.get_total_flops())


def product_speed(device: torch.device, repeats: int = 20) -> float:
    """Floating operations per second of the faster of torch's product and ours."""
    a = torch.randn(WIDTH, WIDTH, device=device)
    return 2 * WIDTH**3 / min(_best(lambda: a @ a, repeats), _best(lambda: multiply(a, a), repeats))


def _best(call: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        if torch.cuda.is_available():  # products on a GPU return before they end
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times)


def _of_linear(x: Sequence[int], weight: Sequence[int], *_: object, **__: object) -> int:
    """Shapes (..., D) and (O, D)."""
    n_products = weight[0]
    for size in x:
        n_products *= size
    return 2 * n_products
