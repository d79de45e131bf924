"""Runs that a job trains beside its own, so that what a process takes to start is paid once.

To import torch takes more than two seconds of a core, and to start a GPU takes longer still. So a
job of the rule `train` that may (`resources: beside`) goes on, when its own run is finished, with
other folds and seeds of its method: one after the other, into the cache of runs, where their own
jobs find them. What decides a run is in its key, and torch is set anew at its beginning, so it is
the same wherever it is trained, and a killed one goes on from its checkpoint in any job. What it
said lies beside it, and its own job tells that.

Nobody trains what another process is training: whoever does holds a lock on the folder of the run,
which the kernel gives back however that process ends. Where a file system has no locks, nothing is
trained beside.
"""

import fcntl
import gc
import io
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from pipeline.base.files import write_text
from pipeline.base.refusals import refusals_told
from pipeline.training.requests import RunRequest, get_run
from pipeline.training.runs import LOG, NAMES, RunFolder, run_folder


def own_run(
    request: RunRequest,
    cache: Path,
    weights: Path,
    history: Path,
    checkpoint_every_s: float,
    is_shared: bool,
) -> tuple[dict[str, Any], bool]:
    """`get_run`, and whether it is new; where `is_shared`, after a job that trains it beside."""
    folder = run_folder(cache, request.deciding)
    with held(folder.path, waits=True) if is_shared else nullcontext():
        is_new = not folder.is_finished
        return get_run(request, cache, weights, history, checkpoint_every_s), is_new


def train_beside(
    requests: Iterable[RunRequest], cache: Path, checkpoint_every_s: float, most: int
) -> None:
    """Train at most so many of these runs that nobody has trained or is training.

    A run that fails ends it with a word: that run's own job tries again, and says what is wrong.
    """
    n_trained = 0
    for request in requests:
        if n_trained == most:
            return

        name = f"fold {request.fold}, seed {request.seed}"
        try:
            n_trained += _train(request, cache, checkpoint_every_s, name)
        except Exception as error:  # this job has done what it is for
            print(f"beside it: {name} failed here, its own job tries again: {error}", flush=True)
            return


def _train(request: RunRequest, cache: Path, checkpoint_every_s: float, name: str) -> bool:
    """Train one run into the cache; whether there was something to do."""
    folder = run_folder(cache, request.deciding)
    if folder.is_finished:
        return False
    with held(folder.path, waits=False) as is_mine:
        if not is_mine or folder.is_finished:
            return False
        print(f"beside it: {name}", flush=True)
        began_s = time.monotonic()
        _train_into(folder, request, cache, checkpoint_every_s)
    print(f"beside it: {name}: done in {time.monotonic() - began_s:.1f} s", flush=True)
    return True


def _train_into(
    folder: RunFolder, request: RunRequest, cache: Path, checkpoint_every_s: float
) -> None:
    """Train into the folder of the run, what is said too."""
    weights, history = (folder.path / name for name in NAMES[:2])
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        get_run(request, cache, weights, history, checkpoint_every_s)
    write_text(folder.path / LOG, said.getvalue())
    _give_memory_back()


def _give_memory_back() -> None:
    """What the run before held, on a GPU too: recordings refer to themselves."""
    import torch

    gc.collect()
    torch.cuda.empty_cache()  # nothing where none was started


@contextmanager
def held(folder: Path, *, waits: bool) -> Iterator[bool]:
    """Hold the folder of a run; whether it is held. With `waits`, once nobody else does."""
    with refusals_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield _lock(lock, waits=waits)
    finally:
        os.close(lock)


def _lock(lock: int, *, waits: bool) -> bool:
    """Whether the lock was got; not where another has it, nor where the system knows none."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not waits:
            return False
        print("another job is training this run: waiting for it", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        return False
    return True
