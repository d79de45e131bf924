"""Named arrays and one JSON header in a safetensors file: no pickle, the same bytes every time.

The library keeps several metadata keys in random order, so the whole header goes into one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pipeline.files import canonical_json, write_bytes

HEADER = "header"

Arrays = dict[str, NDArray[Any]]


class ArraysError(ValueError):
    """A file of arrays cannot be read, or is not one of ours."""


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]) -> None:
    """Write `arrays` and `header` to `path`, whole or not at all."""
    ready = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    write_bytes(path, save(ready, metadata={HEADER: canonical_json(header)}))


def read_arrays(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and the header that `write_arrays` wrote to `path`."""
    try:
        with safe_open(path, framework="numpy") as stored:
            header = _header(path, stored.metadata())
            return {name: stored.get_tensor(name) for name in stored.keys()}, header  # noqa: SIM118
    except SafetensorError as error:
        raise ArraysError(f"{path} is not a whole safetensors file: {error}") from error


def read_header(path: Path) -> dict[str, Any]:
    """Return the header of `path` without reading its arrays."""
    try:
        with safe_open(path, framework="numpy") as stored:
            return _header(path, stored.metadata())
    except SafetensorError as error:
        raise ArraysError(f"{path} is not a whole safetensors file: {error}") from error


def _header(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    if not metadata or HEADER not in metadata:
        raise ArraysError(f"{path} has no {HEADER!r} in its metadata: another program wrote it")
    header = json.loads(metadata[HEADER])
    if not isinstance(header, dict):
        raise ArraysError(f"{path}: the header is no JSON object")
    return header
