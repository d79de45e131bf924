"""ONNX graphs of the speech stages: one core each, in memory that does not grow.

Onnxruntime would keep an arena as large as the longest input asked for, and a plan with its memory
for each length that it ever saw: 8 MB a turn.
"""

from pathlib import Path
from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

from pipeline.base.errors import CheckpointError

UNREADABLE = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf)


def load_graph(source: Path | bytes) -> Any:
    """An onnxruntime session of a file or of its bytes; CheckpointError where it is no graph."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 4
    try:
        given = source if isinstance(source, bytes) else str(source)
        return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
    except UNREADABLE as error:
        name = source if isinstance(source, Path) else "a graph inside a library"
        raise CheckpointError(f"{name}: onnxruntime cannot load it: {error}") from error
