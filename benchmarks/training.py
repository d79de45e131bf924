"""How much faster training and evaluation are than plain padded code, and what bounds them.

On made data of the corpora's sizes (benchmarks/synthetic.py), ours and the frozen plain code
(benchmarks/plain) by turns in one process, so that a busy machine slows both:
  epoch          one epoch of training, at rates from U(0, 0.7)
  evaluation     the test dialogues at eight rates
  whole run      a process of its own (benchmarks/whole_run.py): imports, `--epochs` epochs, each
                 evaluated at eight rates; its peak of resident memory
Figures are medians over `--repeats`, but a whole run is timed once; CPU seconds are those of all
threads. "Least" is what our side's matrix products alone would take at the speed of a large one on
this processor (benchmarks/products_share.py); "at most": how much faster than plain that would be.
Of MOSEI only a sample of the dialogues is used (`--all`: all of them). At the end: the largest
difference between the outputs of both sides at the same weights, and the share of matrix products
in the time of both.

    python -m benchmarks.training
    python -m benchmarks.training --models iteacnet --sizes iemocap --threads 2 --quick
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch

from benchmarks.products_share import least_seconds, share_of_products
from benchmarks.sides import SIDES, Ours, Plain, largest_difference
from benchmarks.synthetic import SIZES, Made, make

MODELS = ("iteacnet", "gcnet", "mmin")
TARGETS = {
    ("iteacnet", "epoch"): "4x",
    ("iteacnet", "evaluation"): "6x",
    ("gcnet", "epoch"): "2x",
    ("mmin", "epoch"): "2x",
}


@dataclass(frozen=True)
class Cost:
    """What one call took."""

    wall_s: float
    cpu_s: float
    peak_mib: float = 0.0


@dataclass(frozen=True)
class Line:
    """One line of the table: costs of both sides, in the order of the repeats."""

    model: str
    size: str
    threads: int
    what: str
    plain: list[Cost]
    ours: list[Cost]
    least_s: float | None = None  # of our side's products

    def cells(self) -> list[str]:
        """Times, ratios and target as text."""
        texts = [self.model, self.size, str(self.threads), self.what]
        for name in ("wall_s", "cpu_s"):
            plain, ours = (
                statistics.median(getattr(cost, name) for cost in costs)
                for costs in (self.plain, self.ours)
            )
            texts += [f"{plain:.2f}", f"{ours:.2f}", f"{plain / ours:.1f}x"]
        texts += self._limit()
        peaks = [max(cost.peak_mib for cost in costs) for costs in (self.plain, self.ours)]
        texts += [f"{peak:.0f}" if peak else "" for peak in peaks]
        return [*texts, TARGETS.get((self.model, self.what), "")]

    def _limit(self) -> list[str]:
        if self.least_s is None:
            return ["", ""]
        plain_s = statistics.median(cost.wall_s for cost in self.plain)
        return [f"{self.least_s:.2f}", f"{plain_s / self.least_s:.1f}x"]


HEADER = ["model", "size", "threads", "what"]
HEADER += ["plain s", "ours s", "faster", "plain CPU s", "ours CPU s", "faster (CPU)"]
HEADER += ["least s", "at most", "plain MiB", "ours MiB", "wanted"]


def measure(model: str, made: Made, threads: int, args: argparse.Namespace) -> Iterator[Line]:
    """All lines of one model on data of one size."""
    torch.set_num_threads(threads)
    sides = {name: side(model, made) for name, side in SIDES.items()}
    ways: dict[str, Callable[[str], Cost]] = {
        "epoch": lambda name: timed(sides[name].epoch, made.conversations.device),
        "evaluation": lambda name: timed(sides[name].evaluate, made.conversations.device),
        "whole run": lambda name: run_apart(name, model, made.size.name, threads, args),
    }

    limits = {
        "epoch": partial(least_seconds, sides["ours"].epoch),
        "evaluation": partial(least_seconds, sides["ours"].evaluate),
    }

    for side in sides.values():  # once for nothing: lazy imports, caches of kernels
        side.evaluate()

    for what, way in ways.items():
        costs: dict[str, list[Cost]] = {name: [] for name in SIDES}
        for _ in range(1 if what == "whole run" else args.repeats):
            for name, of_side in costs.items():
                of_side.append(way(name))
        least_s = limits[what](made.conversations.device) if what in limits else None
        yield Line(model, made.size.name, threads, what, costs["plain"], costs["ours"], least_s)


def timed(call: Callable[[], object], device: torch.device) -> Cost:
    """Run to the end, on the device too."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return Cost(time.perf_counter() - wall_s, time.process_time() - cpu_s)


def run_apart(name: str, model: str, size: str, threads: int, args: argparse.Namespace) -> Cost:
    """A whole run in a child process."""
    command = [sys.executable, "-m", "benchmarks.whole_run", "--side", name, "--model", model]
    command += ["--size", size, "--threads", str(threads), "--epochs", str(args.epochs)]
    command += ["--device", args.device, "--fraction", str(args.fraction)]
    command += ["--all"] if args.all else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def chosen(args: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Models and sizes; by default baselines are measured at IEMOCAP's size only."""
    for model in args.models:
        sizes = args.sizes or (tuple(SIZES) if model == "iteacnet" else ("iemocap",))
        for size in sizes:
            yield model, size


def table(lines: list[Line]) -> str:
    """Markdown."""
    rows = [HEADER, ["---"] * len(HEADER), *(line.cells() for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> None:
    """Read the command line, measure, print."""
    args = parse()
    device = torch.device(args.device)
    lines, notes = [], []

    for model, size in chosen(args):
        made = make(SIZES[size], device, args.fraction, args.all)
        print(f"{model}, {size}: {made.counts()}", file=sys.stderr)
        for threads in args.threads:
            for line in measure(model, made, threads, args):
                lines.append(line)
                print("  ".join(line.cells()), file=sys.stderr, flush=True)
        torch.set_num_threads(1)
        notes.append(f"{model}, {size}: {made.counts()}; {remarks(model, made)}")

    print(f"device {args.device}, torch {torch.__version__}, median of {args.repeats}\n")
    print(table(lines), "\n", *notes, sep="\n")


def remarks(model: str, made: Made) -> str:
    """Agreement of both sides, and what part of the time of each is matrix products."""
    sides = {"plain": Plain(model, made), "ours": Ours(model, made)}
    shares = [
        f"{name} {what} {share_of_products(call):.0%}"
        for name, side in sides.items()
        for what, call in (("epoch", side.epoch), ("evaluation", side.evaluate))
    ]
    difference = largest_difference(model, made)
    return f"outputs differ by {difference:.1e}; products' share: {', '.join(shares)}"


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--sizes", nargs="+", choices=tuple(SIZES))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=2, help="of a whole run")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--all", action="store_true", help="all dialogues of MOSEI")
    parser.add_argument("--quick", action="store_true", help="a quarter of the dialogues, once")
    args = parser.parse_args()

    args.fraction = 0.25 if args.quick else 1.0
    if args.quick:
        args.repeats, args.epochs = 1, 1
    return args


if __name__ == "__main__":
    main()
