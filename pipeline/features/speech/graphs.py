"""ONNX graphs of the speech stages: one core each, no arena that keeps the longest one's memory."""

from pathlib import Path
from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

from pipeline.base.errors import CheckpointError

UNREADABLE = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf)


def load_graph(path: Path) -> Any:
    """An onnxruntime session on the CPU; CheckpointError where the file is no graph."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except UNREADABLE as error:
        raise CheckpointError(f"{path}: onnxruntime cannot load it: {error}") from error
