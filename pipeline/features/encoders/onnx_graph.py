"""A network in an ONNX file, opened and asked what it takes: `onnx:<file>` of every modality.

The file is the user's: it is read once, checked to hold all of its numbers, and run by onnxruntime
on the CPU and on one core. No library of custom operators is ever loaded: a graph that needs one
does not open. How long a graph computes is in its own hands, as with any program.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipeline.base.errors import CheckpointError, SettingsError
from pipeline.features.encoders.torch_setup import choose_device
from pipeline.features.weights.onnx_files import read_onnx

FLOAT, INTEGER = "tensor(float)", "tensor(int64)"
SILENT = 4  # severity of onnxruntime's log: errors reach us as exceptions

Floats = NDArray[np.float32]
Extra = Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]]
Shape = list[int | str | None]  # of an input: a number where it is fixed


@dataclass(frozen=True)
class Graph:
    """An open ONNX file; `extra` makes its inputs besides the first from the first."""

    path: Path
    session: Any
    main: str  # name of the input that the modality fills
    shape: Shape
    extra: Extra

    def run(self, given: NDArray[Any]) -> Floats:
        """What the first output gives for the main input."""
        inputs = {self.main: given, **{name: make(given) for name, make in self.extra.items()}}
        (first, *_) = self.session.run(None, inputs)
        if not isinstance(first, np.ndarray) or first.dtype.kind != "f":
            raise CheckpointError(f"{self.path}: its first output is not an array of real numbers")
        return np.asarray(first, dtype=np.float32)

    def probe(self, given: NDArray[Any], what: str) -> Floats:
        """`run`, where a failure is the file's: raises CheckpointError that says what was given."""
        try:
            return self.run(given)
        except CheckpointError:
            raise
        except Exception as error:  # the library raises anything
            raise CheckpointError(f"{self.path}: it does not take {what}: {error}") from error


def open_graph(
    path: Path,
    settings: Mapping[str, Any],
    kind: str,
    rank: int,
    extra: Extra,
) -> Graph:
    """Open a file whose first input is `kind` of that rank, others among those of `extra`."""
    if settings["precision"] != "float32":
        raise SettingsError(f"precision: {settings['precision']!r}: ONNX files run in float32 only")
    choose_device("cpu")

    session = _session(path)
    first, *others = session.get_inputs() or [None]
    if first is None or first.type != kind or len(first.shape) != rank:
        found = "none" if first is None else f"{first.name!r}, {first.type} {first.shape}"
        raise CheckpointError(
            f"{path}: its first input is {found}; expected {kind} of {rank} dimensions "
            "(docs/encoders.md)"
        )

    # Further inputs are masks and the like, which follow from the first.
    unknown = [other.name for other in others if other.name not in extra or other.type != INTEGER]
    if unknown:
        raise CheckpointError(
            f"{path}: nothing here can fill its inputs {unknown}; known besides the first are "
            f"{sorted(extra)}, {INTEGER}"
        )
    used = {other.name: extra[other.name] for other in others}
    return Graph(path, session, first.name, list(first.shape), used)


def ones_like(given: NDArray[Any]) -> NDArray[np.int64]:
    """An attention mask that hides nothing."""
    return np.ones(given.shape, dtype=np.int64)


def is_open(size: int | str | None) -> bool:
    """Whether a dimension of an input takes any size."""
    return not isinstance(size, int)


def _session(path: Path) -> Any:
    content = read_onnx(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # workers run side by side
    # They would keep the memory of the longest utterance, and some for each length ever seen.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = SILENT
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises anything on a hostile file
        raise CheckpointError(f"{path}: onnxruntime cannot load it: {error}") from error
