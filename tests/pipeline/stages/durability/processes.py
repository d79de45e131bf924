"""Stages as real processes that cost no start: forked from a server that has imported everything.

Importing torch takes seconds, a stage on tiny data less. So a moment that is drawn from the time
that a forked stage takes lies within its work: reading, encoding, writing, training.
"""

import ctypes
import importlib
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PRELOADED = (
    "onnxruntime",
    "torch",
    "transformers",
    "pipeline.stages.crop_faces",
    "pipeline.stages.extract_features",
    "pipeline.stages.train",
    "pipeline.training.session",
    "pipeline.features.encoders.minilm",
    "pipeline.features.encoders.mini_xception",
    "pipeline.features.encoders.moonshine",
    "pipeline.media.mtcnn",
)
PATIENCE_S = 120


def context() -> ForkServerContext:
    """Where processes come from; the server starts with the first of them."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(list(PRELOADED))
    return found


def start(
    folder: Path, stage: str, arguments: list[str], before: Callable[[], None] | None = None
) -> ForkServerProcess:
    """Start `python -m pipeline.stages.STAGE ARGUMENTS` in a process; stage.log has what it says.

    `before` is called there first, to take something away from the process.
    """
    log = folder / f"{stage}.log"
    process = context().Process(target=_run, args=(log, stage, arguments, before))
    process.start()
    return process


def without_powers() -> None:
    """Make root a user like any other, whom permissions stop: drop all capabilities (capset)."""
    version_3, this_process, none = 0x20080522, 0, (0,) * 6
    header, data = (ctypes.c_uint32 * 2)(version_3, this_process), (ctypes.c_uint32 * 6)(*none)
    if ctypes.CDLL(None, use_errno=True).capset(header, data):
        raise OSError(ctypes.get_errno(), "capset failed")


def limit_files(n_bytes: int) -> None:
    """No file may grow beyond this (RLIMIT_FSIZE)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def finish(process: ForkServerProcess) -> int:
    """Wait for a process; its exit code, negative for a signal."""
    process.join(PATIENCE_S)
    assert process.exitcode is not None, f"still running after {PATIENCE_S} s"
    return process.exitcode


def kill_after(process: ForkServerProcess, seconds: float) -> int:
    """`kill -9` at that moment; the exit code says whether it came in time."""
    time.sleep(seconds)
    process.kill()
    return finish(process)


def _run(log: Path, stage: str, arguments: list[str], before: Callable[[], None] | None) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    if before is not None:
        before()
    importlib.import_module(f"pipeline.stages.{stage}").main(arguments)
