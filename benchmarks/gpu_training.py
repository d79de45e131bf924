"""Training on a GPU: launched against recorded, runs side by side, the paper's tables estimated.

On made data of the corpora's sizes (benchmarks/synthetic.py), methods with their default settings.
benchmarks/gpu.py calls `measure`; by itself:

    python -m benchmarks.gpu --parts training [--small]

One process: an epoch at random rates, and an evaluation at eight rates, of plain padded code
(benchmarks/plain), of ours in batches of their own shapes, in batches of fixed shapes launched
kernel by kernel, and of the same recorded as CUDA graphs. Side by side: processes that train at
once (benchmarks/gpu_run.py); what one run costs is the time of an epoch with its evaluation over
the number of processes. A part that fails prints its traceback, and the others go on.
"""

import statistics
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.gpu_run import SideBySide, side_by_side
from benchmarks.sides import PLAIN, Ours, Plain
from benchmarks.synthetic import SIZES, Made, make
from pipeline.training.devices import ready_device
from pipeline.training.fixed_evaluation import FixedEvaluation
from pipeline.training.fixed_steps import FixedSteps, why_not_fixed
from pipeline.training.recording import Recorder

# Of configs/paper.yaml, by model: trainings (two tasks, five folds, three seeds), epochs of one.
PAPER = {
    "iteacnet": (1050, 100),  # itself, TS and TF twice at eight rates each, ECCE three times
    "gcnet": (240, 100),
    "mmin": (240, 200),  # half of them without an evaluation, counted as if they had one
    "cra": (240, 100),
    "ae": (240, 100),
    "cpmnet": (240, 30),
}
OTHERS = tuple(name for name in PAPER if name != "iteacnet")
MEDIAN_OF = 5
FAILED = "FAILED"


class NotReplayed(Exception):
    """A model is not trained in fixed shapes: nothing has failed."""


class Fixed(Ours):
    """Ours in batches of fixed shapes, as the trainer has them on a GPU."""

    def __init__(self, model: str, made: Made, is_recorded: bool, is_branched: bool = True) -> None:
        super().__init__(model, made)
        if (reason := why_not_fixed(self.learner, self.items)) is not None:
            raise NotReplayed(reason)
        recorder = Recorder(made.conversations.device)
        recorder.is_on = recorder.is_on and is_recorded
        if not is_branched:
            recorder.branching = nullcontext
        held = made.conversations
        self.steps = FixedSteps(
            self.learner, self.phase, self.optimizers, held, self.items, recorder
        )
        self.again = FixedEvaluation(self.learner, held, made.test, made.masks, recorder)

    def epoch(self) -> float:
        """One epoch in an order of its own."""
        self.learner.train()
        self.masks.start_epoch(0, self.epochs)
        order = np.random.default_rng(self.epochs).permutation(len(self.items))
        self.epochs += 1
        return self.steps.take_epoch(order, self.masks)["loss"]

    def evaluate(self) -> NDArray[np.float32]:
        """All rates at once."""
        return self.again.predict(lambda: None)


WAYS: dict[str, Callable[[str, Made], Ours | Plain]] = {
    "plain": Plain,
    "own shapes": Ours,
    "fixed, launched": partial(Fixed, is_recorded=False),
    "fixed, recorded, no branches": partial(Fixed, is_recorded=True, is_branched=False),
    "fixed, recorded": partial(Fixed, is_recorded=True),
}


def measure(device: torch.device, small: bool) -> list[str]:
    """All parts; their lines, printed as they come. Under four minutes on a large GPU (reckoned).

    Raises RuntimeError at the end where one has failed.
    """
    lines: list[str] = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    fraction = 0.04 if small else 1.0
    for model, size in SMALL_CASES if small else CASES:
        guarded(say, lambda m=model, s=size: one_process(m, s, device, fraction, say))  # type: ignore[misc]
    counts, others = ((2,), ("mmin",)) if small else ((1, 4, 8, 14), OTHERS)
    run = partial(side_by_side, device=device, fraction=fraction, seconds=1.0 if small else 6.0)
    results: dict[str, SideBySide] = {}

    def iteacnet() -> None:
        say("side by side (an epoch and its evaluation at eight rates): processes, model, begun")
        for count in counts:
            results.update(told(run(["iteacnet"] * count), say))

    def rest() -> None:
        mixed = [others[number % len(others)] for number in range(counts[-1])]
        results.update(told(run(mixed), say))

    guarded(say, iteacnet)
    guarded(say, rest)
    guarded(say, lambda: estimate(results, say))
    if failed := sum(line.startswith(FAILED) for line in lines):
        raise RuntimeError(f"{failed} parts of the benchmark of training failed")
    return lines


CASES = (
    *(("iteacnet", "iemocap"), ("iteacnet", "mosi"), ("mmin", "iemocap"), ("gcnet", "iemocap")),
    *(("gru", "iemocap"), ("committee", "iemocap")),
)


SMALL_CASES = (("iteacnet", "iemocap"), ("gru", "mosi"))


def guarded(say: Callable[[str], None], part: Callable[[], None]) -> None:
    """A part, or its traceback."""
    try:
        part()
    except NotReplayed as reason:
        say(f"  not in fixed shapes: {reason}")
    except Exception:
        say(f"{FAILED}\n{traceback.format_exc()}")


def one_process(
    model: str, size: str, device: torch.device, fraction: float, say: Callable[[str], None]
) -> None:
    """Each way of one model on data of one size."""
    made = make(SIZES[size], device, fraction)
    say(f"{model}, {size}: {made.counts()}")
    for name, way in WAYS.items():
        if name == "plain" and model not in PLAIN:
            continue
        # Ours with kernels that repeat, as in the workflow; plain code as it comes.
        if name == "plain":
            torch.set_deterministic_debug_mode("default")
        else:
            ready_device(str(device), 1)
        guarded(say, lambda name=name, way=way: say(f"  {name}: {times(way(model, made))}"))  # type: ignore[misc]
        if device.type == "cuda":
            torch.cuda.empty_cache()
    torch.set_deterministic_debug_mode("default")


def times(side: Ours | Plain) -> str:
    """First and median times of an epoch and of an evaluation, and the memory of all that."""
    device = side.made.conversations.device if isinstance(side, Ours) else None
    is_gpu = torch.cuda.is_available() and (device is None or device.type == "cuda")
    if is_gpu:
        torch.cuda.reset_peak_memory_stats()
    parts = []
    for what, call in (("epoch", side.epoch), ("evaluation", side.evaluate)):
        first, *rest = (timed(call, is_gpu) for _ in range(1 + MEDIAN_OF))
        parts.append(f"{what} {statistics.median(rest):.4f} s (the first {first:.2f} s)")
    if is_gpu:
        parts.append(f"peak {torch.cuda.max_memory_allocated() / 2**20:.0f} MiB")
    return ", ".join(parts)


def timed(call: Callable[[], object], is_gpu: bool) -> float:
    """Seconds of a call, on the device too."""
    begun = time.perf_counter()
    call()
    if is_gpu:
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def told(found: SideBySide, say: Callable[[str], None]) -> Iterator[tuple[str, SideBySide]]:
    """Say what processes side by side took, model by model."""
    for model in dict.fromkeys(found.models):
        epoch_s, n = found.epoch_s(model), len(found.models)
        say(
            f"  {n} processes, {model}: {epoch_s:.3f} s each, {epoch_s / n:.4f} s a run; "
            f"first epoch done {found.start_s(model):.1f} s after the start"
        )
        yield model, found


def estimate(results: dict[str, SideBySide], say: Callable[[str], None]) -> None:
    """Hours of configs/paper.yaml's trainings, as many side by side as were measured last."""
    total_s, parts = 0.0, []
    for model, found in results.items():
        n_runs, n_epochs = PAPER[model]
        n = len(found.models)
        seconds = n_runs * (n_epochs * found.epoch_s(model) + found.start_s(model)) / n
        total_s += seconds
        parts.append(f"{model} {seconds / 3600:.2f}")
    lacking = sorted(set(PAPER) - set(results))
    note = f", without {', '.join(lacking)}" if lacking else ""
    say(f"configs/paper.yaml: {total_s / 3600:.1f} hours ({', '.join(parts)}{note})")
