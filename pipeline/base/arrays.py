"""Named arrays and one JSON header in a safetensors file: no pickle, the same bytes every time.

The library keeps several metadata keys in random order, so the whole header goes into one. In it
stands a sha256 of header and arrays, which is checked when all is read: a bit that a disk flipped
would otherwise be taken for a weight or a feature.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from pipeline.base.files import atomic_path, canonical_json, load_json
from pipeline.base.safetensors_file import write_safetensors

HEADER = "header"
DIGEST = "content_sha256"  # its key in the header; files of older versions have none

Arrays = dict[str, NDArray[Any]]


class ArraysError(ValueError):
    """A file of arrays cannot be read, or is not one of ours."""


def write_arrays(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    header: Mapping[str, Any],
    is_synced: bool = True,
) -> None:
    """Write `arrays` and `header` to `path`, whole or not at all; `is_synced`: `atomic_path`."""
    ready = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    plain = json.loads(canonical_json(header))  # as it will be read
    sealed = {**plain, DIGEST: _digest(ready, plain)}
    with atomic_path(path, is_synced) as temporary:
        write_safetensors(temporary, ready, {HEADER: canonical_json(sealed)})


def read_arrays(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and the header that `write_arrays` wrote to `path`; refuse other bytes."""
    try:
        with safe_open(path, framework="numpy") as stored:
            header = _stored_header(path, stored.metadata())
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ArraysError(f"{path} is not a whole safetensors file: {error}") from error

    promised = header.pop(DIGEST, None)
    if promised is not None and promised != _digest(arrays, header):
        raise ArraysError(
            f"{path} holds other bytes than were written to it: a disk or another program changed "
            "it. For a result, `python -m pipeline cache verify --repair` removes it, and "
            "`snakemake` makes it again"
        )

    return arrays, header


def read_some(path: Path, names: Sequence[str]) -> tuple[list[NDArray[Any]], dict[str, Any]]:
    """Return the arrays of these names alone, and the header; no digest can be checked then."""
    try:
        with safe_open(path, framework="numpy") as stored:
            header = _header(path, stored.metadata())
            return [stored.get_tensor(name) for name in names], header
    except SafetensorError as error:
        raise ArraysError(f"{path} holds no {' and '.join(names)}: {error}") from error


def read_header(path: Path) -> dict[str, Any]:
    """Return the header of `path` without reading its arrays."""
    try:
        with safe_open(path, framework="numpy") as stored:
            return _header(path, stored.metadata())
    except SafetensorError as error:
        raise ArraysError(f"{path} is not a whole safetensors file: {error}") from error


def _header(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    header = _stored_header(path, metadata)
    header.pop(DIGEST, None)
    return header


def _digest(arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]) -> str:
    """Sha256 of the header, and of every array's name, type, shape and bytes."""
    shapes = {name: [array.dtype.str, array.shape] for name, array in arrays.items()}
    content = hashlib.sha256(canonical_json([header, shapes]).encode())
    for name in sorted(arrays):
        content.update(np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8).data)
    return content.hexdigest()


def _stored_header(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    if not metadata or HEADER not in metadata:
        raise ArraysError(f"{path} has no {HEADER!r} in its metadata: another program wrote it")
    try:
        header = load_json(metadata[HEADER])
    except ValueError as error:
        raise ArraysError(f"{path}: the header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise ArraysError(f"{path}: the header is not a JSON object")
    return header
