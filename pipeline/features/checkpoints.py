"""Published checkpoints, read without running anything that they hold.

They are pickles. torch's weights-only reader builds tensors and plain values and refuses all else
but what a reader allows by name (FACTS C.1, C.3; FIELD 6).
"""

import pickle
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.serialization import safe_globals

from pipeline.features.published import Published

# What torch's reader raises on files that are damaged, or no checkpoint at all.
UNREADABLE = (
    pickle.UnpicklingError,
    struct.error,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
)


def load_checkpoint(
    path: Path, published: Published, allowed: list[Callable[..., Any] | tuple[Any, str]]
) -> Mapping[str, Any]:
    """Return the dictionary that the file holds; nothing but `allowed` and tensors is built."""
    if not path.is_file():
        raise published.refuse(path, "no such file")
    try:
        with safe_globals(allowed):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise published.refuse(path, _explain(error)) from None
    if not isinstance(content, Mapping):
        raise published.refuse(path, f"holds a {type(content).__name__}, not a dictionary")
    return content


def _explain(error: Exception) -> str:
    """Say what stopped torch's reader, without its advice to switch the protection off."""
    refused = re.search(r"GLOBAL (\S+)", str(error))
    if refused:
        return f"refused: it asks for {refused[1].strip('`.')!r}, which no such checkpoint needs"
    reason = str(error).rpartition("WeightsUnpickler error:")[2].strip().partition("\n")[0]
    return f"cannot be read as a checkpoint ({reason.rstrip('.') or type(error).__name__:.160})"


def part_of(
    path: Path, content: Mapping[str, Any], key: str, published: Published
) -> dict[str, Any]:
    """The dictionary `key` of a checkpoint."""
    part = content.get(key)
    if not isinstance(part, Mapping):
        raise published.refuse(path, f"has no {key!r}; it has {sorted(map(str, content))}")
    return {str(name): value for name, value in part.items()}
