"""Products of float32 matrices on a CPU, by oneDNN.

torch holds two libraries for them and takes MKL, which on AMD processors does without their widest
instructions. Where these are twice as wide oneDNN takes half its time (measured on one core of an
AMD processor: 190-220 against 100 GFLOP/s, forwards and backwards), elsewhere about the same (Zen 4
and Intel); and it reads transposed matrices in place and activates in the same pass. Its operator
has no public name; where a build of torch lacks it, and for any other type or device, the products
are torch's own. Finite results differ in the last bits only; oneDNN's ReLU turns NaN into 0.

Shapes: N rows, D inputs, O outputs.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from models.fast import switch

HAS_ONEDNN = hasattr(torch.ops.mkldnn, "_linear_pointwise")
MIN_PRODUCTS = 2_000_000  # multiplications below which oneDNN's preparation costs what it saves


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """(N, D) @ (D, O) -> (N, O), outside of autograd. Fastest where b is contiguous."""
    return _onednn(a, b.T, None) if _by_onednn(a, a.shape[0] * b.numel()) else a @ b


def linear(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, slope: float | None = None
) -> Tensor:
    """`torch.nn.functional.linear`: (..., D), (O, D), (O,) -> (..., O).

    With a `slope` also `leaky_relu` (slope 0: `relu`), in the same pass over memory. Its gradient
    is told from its own output, so that the value before it is never kept.
    """
    if not _by_onednn(x, x.numel() * weight.shape[0]):
        out = F.linear(x, weight, bias)
        if slope is None:
            return out
        return F.leaky_relu(out, slope) if slope else F.relu(out)
    rows = _Linear.apply(x.flatten(0, -2), weight, bias, slope)  # type: ignore[no-untyped-call]
    return rows.view(*x.shape[:-1], -1)


def linear_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`torch.nn.functional.gelu` of `linear`, in one pass where no gradient is asked for."""
    if torch.is_grad_enabled() or x.dim() != 2 or not _by_onednn(x, x.numel() * weight.shape[0]):
        return F.gelu(linear(x, weight, bias))
    return _onednn(x, weight, bias, "gelu", [], "none")


class Linear(nn.Linear):
    """`torch.nn.Linear` by `linear`."""

    def forward(self, input: Tensor) -> Tensor:
        """(..., D) -> (..., O)."""
        return linear(input, self.weight, self.bias)


class Chain(nn.Sequential):
    """`torch.nn.Sequential` that computes a `Linear` and the ReLU or LeakyReLU after it at once."""

    def forward(self, input: Tensor) -> Tensor:
        """(..., D) -> (..., O)."""
        is_done = False
        for layer, following in pairwise([*self, None]):
            slope = _slope(following) if isinstance(layer, Linear) else None
            if isinstance(layer, Linear) and slope is not None:
                input = linear(input, layer.weight, layer.bias, slope)
            elif layer is not None and not is_done:
                input = layer(input)
            is_done = slope is not None
        return input


def _slope(layer: nn.Module | None) -> float | None:
    """Of the activation below zero; None for what is no ReLU."""
    if isinstance(layer, nn.LeakyReLU):
        return layer.negative_slope
    return 0.0 if isinstance(layer, nn.ReLU) else None


def _by_onednn(x: Tensor, n_products: int) -> bool:
    is_plain = x.dtype == torch.float32 and x.device.type == "cpu"
    return switch.is_on() and HAS_ONEDNN and is_plain and n_products >= MIN_PRODUCTS


def _onednn(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    activation: str = "none",
    scalars: Sequence[float] = (),
    algorithm: str = "",
) -> Tensor:
    """Rows (N, D), weight (O, D): one cut out of a wider matrix would take a thousand times."""
    if not (weight.is_contiguous() or weight.T.is_contiguous()):
        weight = weight.contiguous()
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, activation, list(scalars), algorithm)


class _Linear(torch.autograd.Function):
    """x (N, D), weight (O, D), bias (O,) or None, slope or None -> (N, O)."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, slope: float | None
    ) -> Tensor:
        ctx.slope = slope
        activation = ("none", []) if slope is None else ("leaky_relu", [slope])
        out = _onednn(x, weight, bias, *activation)
        ctx.save_for_backward(x, weight, *(() if slope is None else (out,)))
        return out

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        x, weight, *outs = ctx.saved_tensors
        if outs:
            grad = torch.ops.aten.leaky_relu_backward(grad, outs[0], ctx.slope, True)
        needs_x, needs_weight, needs_bias, _ = ctx.needs_input_grad
        return (
            multiply(grad, weight) if needs_x else None,
            _weight_gradient(grad, x) if needs_weight else None,
            grad.sum(dim=0) if needs_bias else None,
            None,
        )


def _weight_gradient(grad: Tensor, x: Tensor) -> Tensor:
    """grad.T @ x: (N, O), (N, D) -> (O, D).

    The operator copies a first matrix that lies transposed: `grad`, or `x` and then the result.
    """
    (n, n_out), n_in = grad.shape, x.shape[1]
    if n * n_out <= (n + n_out) * n_in:
        return multiply(grad.T, x)
    return multiply(x.T, grad).T.contiguous()
