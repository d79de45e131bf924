"""Weights fit a network wholly or not at all: one error lists the keys that do not."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.features.weights.published import Published

SHOWN = 12  # keys; another network differs in hundreds


def fit_state(
    path: Path,
    state: Mapping[str, object],
    build: Callable[[], nn.Module],
    published: Published,
) -> dict[str, Tensor]:
    """Return `state` in the dtypes (float32) of the network that `build` makes, keys in its order.

    Refuses keys that are missing, unexpected or of another shape.
    """
    with torch.device("meta"):
        expected = build().state_dict()

    problems = [f"unexpected {key}" for key in sorted(state.keys() - expected.keys())]
    fitting: dict[str, Tensor] = {}
    for key, wanted in expected.items():
        value = state.get(key)
        if key not in state:
            problems.append(f"missing {key}")
        elif not isinstance(value, Tensor):
            problems.append(f"{key} is a {type(value).__name__}, expected a tensor")
        elif value.is_meta:
            problems.append(f"{key} has a shape but no values")
        elif value.shape != wanted.shape:
            problems.append(f"{key} is {tuple(value.shape)}, expected {tuple(wanted.shape)}")
        else:
            fitting[key] = value.to(wanted.dtype)

    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        shown = "; ".join(problems[:SHOWN] + more)
        raise published.refuse(path, f"{len(problems)} weights do not fit the network: {shown}")
    return fitting
