"""Runs side by side: processes that train as the workflow's jobs do, and what an epoch takes then.

    echo go | python -m benchmarks.gpu_run --model iteacnet --seconds 6

A process trains one model on made data of IEMOCAP's size by the pipeline's trainer, an evaluation
at eight rates after each epoch. After its first epoch it says so and waits for a line, so that all
are timed while all of them train: so many seconds. benchmarks/gpu_training.py starts them.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import import_module
from tempfile import TemporaryFile
from typing import Self

import torch

from benchmarks.sides import training_data
from benchmarks.synthetic import SIZES, make
from models.registry import find_method, learner_module
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.contracts import TrainOptions
from pipeline.training.devices import ready_device
from pipeline.training.loop import Trainer

READY, DONE = "first epoch done at", "seconds an epoch:"


@dataclass(frozen=True)
class SideBySide:
    """What processes at once took, one number for each of `models`."""

    models: Sequence[str]
    starts_s: Sequence[float]  # until the first epoch was done, imports and recording included
    epochs_s: Sequence[float]  # an epoch and its evaluation after that

    def epoch_s(self, model: str) -> float:
        """Median over the processes of a model."""
        return self._median(model, self.epochs_s)

    def start_s(self, model: str) -> float:
        """Median over the processes of a model."""
        return self._median(model, self.starts_s)

    def _median(self, model: str, values: Sequence[float]) -> float:
        pairs = zip(self.models, values, strict=True)
        return statistics.median(value for name, value in pairs if name == model)


def side_by_side(
    models: Sequence[str], device: object, fraction: float, seconds: float
) -> SideBySide:
    """One process for each of `models`, all training at once for so long."""
    command = [sys.executable, "-m", "benchmarks.gpu_run", "--device", str(device)]
    command += ["--fraction", str(fraction), "--seconds", str(seconds), "--model"]
    with ExitStack() as stack:
        children = [stack.enter_context(Child([*command, model])) for model in models]
        starts = [float(child.line(READY).split()[-1]) - child.begun for child in children]
        for child in children:
            child.tell("go")
        epochs = [float(child.line(DONE).split()[-1]) for child in children]
    return SideBySide(models, starts, epochs)


class Child:
    """A process that is told and tells by lines; it is ended with its `with` block."""

    def __init__(self, command: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        self.begun = time.time()
        self._errors = TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=self._errors, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.kill()
        self._errors.close()

    def tell(self, line: str) -> None:
        """Send a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def line(self, beginning: str) -> str:
        """Its next line that begins so."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(beginning):
                return line
        self._errors.seek(0)
        raise RuntimeError(f"a run ended before {beginning!r}:\n{self._errors.read()[-4000:]}")


class Clock(Checkpoints):
    """Asked after each epoch whether to save: never, but it ends the run when its time is over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._start: float | None = None
        self._n_epochs = 0

    def load(self) -> None:
        """There is no checkpoint."""

    def is_due(self) -> bool:
        """Never. After the first epoch it waits for a line; `SystemExit` when it is time."""
        now = time.perf_counter()
        if self._start is None:
            print(READY, time.time(), flush=True)
            sys.stdin.readline()
            self._start = time.perf_counter()
            return False
        self._n_epochs += 1
        if now - self._start >= self._seconds:
            print(DONE, (now - self._start) / self._n_epochs, flush=True)
            raise SystemExit
        return False


def main() -> None:
    """Train until the clock says stop."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="iteacnet")
    parser.add_argument("--seconds", type=float, default=6.0, help="of training that are timed")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--fraction", type=float, default=1.0, help="of the dialogues")
    args = parser.parse_args()

    device = ready_device(args.device, 1)
    made = make(SIZES["iemocap"], device, args.fraction)
    torch.manual_seed(0)
    module = import_module(learner_module(args.model))
    learner = module.build(find_method(args.model).settings(), made.shape)
    if args.model == "mmin":
        learner.finish_phase("pretrain")
    phases = [replace(learner.phases()[-1], n_epochs=None)]
    learner.phases = lambda: phases
    options = TrainOptions(n_epochs=10**6, rate="random", generator="exact", seed=0)
    Trainer(learner.to(device), training_data(made), options, Clock(args.seconds)).run()


if __name__ == "__main__":
    main()
