"""The candidates o of paper Eq. 9: what may mix the utterances of a dialogue in a MetaFormer block.

reading.md A.4. The paper names none of its six; the sets are in `settings.CANDIDATE_SETS`. Every
mixer maps packed rows (N, D) to (N, D), looks at one dialogue at a time and, on a layout without
padding rows, never sees padding. Attention alone is guided by ECCE (Eq. 10-11).
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from models.fast.layout import Layout
from models.layers import Biases, MultiHeadAttention, convolve


class SelfAttention(nn.Module):
    """softmax(MixMap + E) applied to values (Eq. 10-11)."""

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(dim, n_heads, dropout)

    def forward(
        self, x: Tensor, layout: Layout, biases: Biases | None, maps: list[Tensor] | None = None
    ) -> Tensor:
        """(N, D) -> (N, D); `maps` receives the attention weights."""
        return self.attention(x, x, layout, biases, maps)


class TimeMlp(nn.Module):
    """Linear(T -> T), GELU, Linear(T -> T) along time; T = the corpus's longest dialogue.

    Dialogues are zero-padded to T and cut back, which is done here by cutting the weights.
    """

    def __init__(self, max_utterances: int) -> None:
        super().__init__()
        self.inward = nn.Linear(max_utterances, max_utterances)
        self.outward = nn.Linear(max_utterances, max_utterances)

    def forward(self, x: Tensor, layout: Layout, biases: Biases | None) -> Tensor:
        """(N, D) -> (N, D)."""
        _check_length(layout, self.inward.in_features)
        return _along_time(x, layout, self._mix)

    def _mix(self, x: Tensor, n_steps: int) -> Tensor:
        hidden = F.gelu(_time_linear(x, self.inward.weight[:, :n_steps], self.inward.bias))
        return _time_linear(hidden, self.outward.weight[:n_steps], self.outward.bias[:n_steps])


class TimeLinear(nn.Module):
    """One Linear(T -> T) along time, BurgerFormer's spatial MLP; T as in `TimeMlp`."""

    def __init__(self, max_utterances: int) -> None:
        super().__init__()
        self.linear = nn.Linear(max_utterances, max_utterances)

    def forward(self, x: Tensor, layout: Layout, biases: Biases | None) -> Tensor:
        """(N, D) -> (N, D)."""
        _check_length(layout, self.linear.in_features)
        return _along_time(x, layout, self._mix)

    def _mix(self, x: Tensor, n_steps: int) -> Tensor:
        weight = self.linear.weight[:n_steps, :n_steps]
        return _time_linear(x, weight, self.linear.bias[:n_steps])


class AveragePool(nn.Module):
    """Mean over the utterance and its neighbours, those beyond an end not counted."""

    def __init__(self, is_input_subtracted: bool) -> None:
        super().__init__()
        self.is_input_subtracted = is_input_subtracted  # PoolFormer's and BurgerFormer's form

    def forward(self, x: Tensor, layout: Layout, biases: Biases | None) -> Tensor:
        """(N, D) -> (N, D)."""
        line = layout.to_line(x, gap=1)
        mean = layout.from_line(line[:-2] + line[1:-1] + line[2:], gap=1) / layout.n_in_window
        return mean - x if self.is_input_subtracted else mean


class MaxPool(nn.Module):
    """Maximum over the utterance and its neighbours."""

    def forward(self, x: Tensor, layout: Layout, biases: Biases | None) -> Tensor:
        """(N, D) -> (N, D)."""
        line = layout.to_line(x, gap=1, fill=-torch.inf)
        if line.is_cuda:
            return layout.from_line(window_maximum(line), gap=1)
        # An image one pixel wide, channels last by its strides: 25 times as fast as the same
        # image by `line.t()[None, :, :, None]`, which torch takes for channels first.
        image = line.view(1, len(line), 1, -1).permute(0, 3, 1, 2)
        return layout.from_line(F.max_pool2d(image, (3, 1), 1)[0, :, :, 0].t(), gap=1)


class _WindowMaximum(torch.autograd.Function):
    """(L, D) -> (L - 2, D)."""

    @staticmethod
    def forward(ctx: Any, line: Tensor) -> Tensor:
        top, which = line.unfold(0, 3, 1).max(dim=2)
        ctx.save_for_backward(which)
        return top

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (which,) = ctx.saved_tensors
        whole = grad.new_zeros(len(grad) + 2, grad.shape[1])
        for offset in range(3):
            whole[offset : offset + len(grad)] += grad.masked_fill(which != offset, 0.0)
        return whole


def window_maximum(line: Tensor) -> Tensor:
    """Maximum of each three neighbours, (L, D) -> (L - 2, D); of equal ones the first is meant.

    For GPUs: there torch's pooling adds up its gradient in any order, so that runs do not repeat.
    """
    return _WindowMaximum.apply(line)  # type: ignore[no-untyped-call]


class Identity(nn.Module):
    """The utterance itself."""

    def forward(self, x: Tensor, layout: Layout, biases: Biases | None) -> Tensor:
        """(N, D) -> (N, D)."""
        return x


class Pointwise(nn.Module):
    """A convolution of width one: a Linear of each utterance."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, dim)

    def forward(self, x: Tensor, layout: Layout, biases: Biases | None) -> Tensor:
        """(N, D) -> (N, D)."""
        return self.linear(x)


class DepthwiseConv(nn.Module):
    """A convolution of width three for each channel by itself."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(dim, dim, 3, groups=dim)

    def forward(self, x: Tensor, layout: Layout, biases: Biases | None) -> Tensor:
        """(N, D) -> (N, D)."""
        return convolve(x, layout, self.conv.weight, self.conv.bias, groups=x.shape[1])


def build_mixer(
    name: str, dim: int, n_heads: int, dropout: float, max_utterances: int
) -> nn.Module:
    """Build a candidate by its name in the settings."""
    factories: dict[str, Callable[[], nn.Module]] = {
        "attention": lambda: SelfAttention(dim, n_heads, dropout),
        "time_mlp": lambda: TimeMlp(max_utterances),
        "time_linear": lambda: TimeLinear(max_utterances),
        "average_pool": lambda: AveragePool(is_input_subtracted=False),
        "average_pool_minus_input": lambda: AveragePool(is_input_subtracted=True),
        "max_pool": MaxPool,
        "identity": Identity,
        "pointwise": lambda: Pointwise(dim),
        "depthwise_conv": lambda: DepthwiseConv(dim),
    }

    if name not in factories:
        raise ValueError(f"mixers: {name!r} is unknown; known are {', '.join(factories)}")
    return factories[name]()


def _check_length(layout: Layout, max_utterances: int) -> None:
    longest = max(layout.lengths)
    if longest > max_utterances:
        raise ValueError(
            f"a dialogue of {longest} utterances is longer than max_utterances={max_utterances}, "
            "for which this network's layers over time were built: cut it in parts"
        )


def _time_linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """(S, K, D) with weight (R, S), bias (R,) -> (R, K, D): one product for all dialogues."""
    return torch.addmm(bias[:, None], weight, x.flatten(1)).view(len(weight), *x.shape[1:])


def _along_time(x: Tensor, layout: Layout, mix: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Apply `mix` to the padded dialogues (S, K, D) of each bucket."""
    return layout.joined([mix(padded, len(padded)) for padded in layout.padded(x)])
