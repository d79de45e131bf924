"""Pieces of work that need nothing of each other: on a GPU, branches of a step that is recorded.

Small kernels one after the other leave most of a large GPU idle. What is recorded may branch:
streams that wait for the one that they leave, and that it waits for where it goes on. Nothing is
computed in another way or order within a branch, so that results are the same bytes.

Where nothing is recorded the pieces follow each other: Python launches one kernel at a time anyway.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")
_state = {"is_on": False}


@contextmanager
def branching() -> Iterator[None]:
    """Within a `with` block, pieces on a GPU are branches."""
    before = _state["is_on"]
    _state["is_on"] = True
    try:
        yield
    finally:
        _state["is_on"] = before


def at_once(pieces: Sequence[Callable[[], T]], device: torch.device) -> list[T]:
    """What each piece gives. What several of them read must be there before, and outlive them.

    Where gradients are asked for, all that leaves a piece but the first goes through `joined`.
    """
    if not _state["is_on"] or device.type != "cuda":
        return [piece() for piece in pieces]

    main = torch.cuda.current_stream(device)
    sides = [_side_stream(device.index, number) for number in range(1, len(pieces))]
    for side in sides:
        side.wait_stream(main)

    found = []
    for stream, piece in zip([main, *sides], pieces, strict=True):
        with torch.cuda.stream(stream):
            found.append(piece())

    for side in sides:
        main.wait_stream(side)
    return found


def joined(*tensors: Tensor) -> tuple[Tensor, ...]:
    """What a branch gives to the work that goes on.

    Its gradients come back all at once: so the branch cannot reuse memory that is still read.
    """
    return _Joined.apply(*tensors)  # type: ignore[no-untyped-call]


@lru_cache
def _side_stream(index: int | None, number: int) -> torch.cuda.Stream:
    return torch.cuda.Stream(index)  # type: ignore[no-untyped-call]


class _Joined(torch.autograd.Function):
    """The tensors themselves; backwards a gate that opens when the last gradient is there."""

    @staticmethod
    def forward(ctx: Any, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)
        return tuple(tensor.view_as(tensor) for tensor in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        return gradients
