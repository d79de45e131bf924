"""What share of the time of a call is spent in products of matrices, by torch's profiler."""

from collections.abc import Callable

from torch.profiler import ProfilerActivity, profile

PRODUCTS = (
    "aten::mm",
    "aten::addmm",
    "aten::bmm",
    "aten::baddbmm",
    "mkldnn::_linear_pointwise",
    "aten::mkldnn_convolution",
    "aten::convolution_backward",
)


def share_of_products(call: Callable[[], object]) -> float:
    """Own CPU time of the operators that multiply matrices, over that of all operators."""
    with profile(activities=[ProfilerActivity.CPU]) as watched:
        call()
    times = {one.key: one.self_cpu_time_total for one in watched.key_averages()}
    return sum(times.get(name, 0.0) for name in PRODUCTS) / sum(times.values())
