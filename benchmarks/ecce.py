"""What ECCE costs by the length of a dialogue, and by the width of its features, as a picture.

Three ways to the same bias (paper Algorithm 1, reading.md A.3: segments inclusive, band 30):
  ours     models/iteacnet/context_encoder: projected first, nothing of size (L, L, d)
  dense    models/plain/iteacnet: prefix sums of whole vectors, a (L, L, d) tensor
  loops    Algorithm 1 as printed: for each i and j the mean of Z[i..j]
CPU time of one dialogue: a forward pass without gradient (evaluation), and a forward and backward
pass with dropout (training), where loops are dear: autograd keeps every assignment. The median of
the repeats, each of as many calls as fill a fiftieth of a second: a network meets many dialogues
in a row; a single call on caches that others filled takes up to three times as long.
Memory is what a forward pass allocates at its peak, at L = 110 by d.

    python -m benchmarks.ecce --out docs/ecce.svg
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.profiler import profile

from models.fast.layout import Layout
from models.iteacnet.context_encoder import ContextEncoder
from models.iteacnet.settings import ContextSettings
from models.plain.iteacnet import ContextEncoder as DenseEncoder

LENGTHS = (32, 64, 110, 128, 256, 512, 1024)
WIDTHS = (32, 64, 128, 256, 512)
LONGEST = 110  # of IEMOCAP
BAND = 30
FILLED_MS = 20.0  # of calls of one way in a row
Way = Callable[[Tensor], Tensor]


def ways_of(length: int, dim: int, is_training: bool = False) -> dict[str, Way]:
    """Ours, dense and loops with the same weights: (L, D) -> (L, L)."""
    torch.manual_seed(0)
    ours = ContextEncoder(dim, 8, ContextSettings(band=BAND)).train(is_training)
    dense = DenseEncoder(dim).train(is_training)
    dense.load_state_dict(ours.state_dict())

    layout = Layout.of(torch.ones(1, length, dtype=torch.bool))  # once for a network

    def ours_way(x: Tensor) -> Tensor:
        return ours(x, layout)[0][0, 0]

    def dense_way(x: Tensor) -> Tensor:
        return dense(x[None], torch.ones(1, len(x), dtype=torch.bool))[0]

    def loops_way(x: Tensor) -> Tensor:
        local = dense.dropout(dense.local.conv(dense.dropout(x).t()[None])[0].t())
        means = torch.zeros(len(x), len(x), dim)
        for i in range(len(x)):
            for j in range(i, min(len(x), i + BAND + 1)):
                means[i, j] = means[j, i] = local[i : j + 1].mean(dim=0)
        return dense.linear(means)[..., 0]

    return {"ours": ours_way, "dense": dense_way, "loops": loops_way}


def times_ms(ways: dict[str, Way], x: Tensor, repeats: int) -> dict[str, float]:
    """Median CPU time of each, by turns; with a backward pass where x asks for a gradient."""
    for way in ways.values():  # once for nothing: the first call is dearer
        call_ms(way, x, 1)
    calls = {name: calls_for(FILLED_MS, call_ms(way, x, 1)) for name, way in ways.items()}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            spent[name].append(call_ms(way, x, calls[name]))
    return {name: statistics.median(values) for name, values in spent.items()}


def calls_for(wanted_ms: float, one_ms: float) -> int:
    """How many calls of `one_ms` fill `wanted_ms`."""
    return max(1, round(wanted_ms / one_ms))


def call_ms(way: Way, x: Tensor, n_calls: int) -> float:
    """CPU time of a call, mean over `n_calls` one after the other."""
    start_s = time.process_time()
    for _ in range(n_calls):
        with torch.set_grad_enabled(x.requires_grad):
            out = way(x)
        if x.requires_grad:
            out.sum().backward()
        del out  # here, or the graph would be freed in the time of the next way
    return 1000 * (time.process_time() - start_s) / n_calls


@torch.no_grad()
def peak_mib(way: Way, x: Tensor) -> float:
    """Most memory that the pass holds at a time."""
    with profile(profile_memory=True) as watched:
        way(x)
    held = peak = 0
    for event in watched.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            peak = max(peak, held)
    return peak / 2**20


def measure_lengths(
    dim: int, repeats: int, loops_to: int, is_training: bool
) -> dict[str, dict[int, float]]:
    """Print and return times by way and length."""
    found: dict[str, dict[int, float]] = {"ours": {}, "dense": {}, "loops": {}}
    print(f"\nd = {dim}, {'training' if is_training else 'evaluation'}\n")
    print("| L | ours ms | dense ms | loops ms | loops / ours |\n|---|---|---|---|---|")

    for length in LENGTHS:
        ways = ways_of(length, dim, is_training)
        x = torch.randn(length, dim, generator=torch.Generator().manual_seed(length))
        if length > loops_to:
            ways.pop("loops")
        if not is_training:
            check(ways, x)
        times = times_ms(ways, x.requires_grad_(is_training), repeats)

        for name, value in times.items():
            found[name][length] = value

        cells = [f"{times[name]:.2f}" if name in times else "" for name in found]
        ratio = f"{times['loops'] / times['ours']:.0f}x" if "loops" in times else ""
        print(f"| {length} | {' | '.join(cells)} | {ratio} |", flush=True)
    return found


def measure_widths() -> dict[str, dict[int, float]]:
    """Print and return peaks of memory by way and width."""
    found: dict[str, dict[int, float]] = {"ours": {}, "dense": {}}
    print(f"\nL = {LONGEST}\n\n| d | ours MiB | dense MiB |\n|---|---|---|")
    for dim in WIDTHS:
        ways, x = ways_of(LONGEST, dim), torch.randn(LONGEST, dim)
        for name in found:
            found[name][dim] = peak_mib(ways[name], x)
        print(f"| {dim} | {found['ours'][dim]:.2f} | {found['dense'][dim]:.2f} |", flush=True)
    return found


@torch.no_grad()
def check(ways: dict[str, Way], x: Tensor) -> None:
    """All ways give the same."""
    outputs = [way(x) for way in ways.values()]
    for other in outputs[1:]:
        torch.testing.assert_close(outputs[0], other, rtol=0, atol=1e-5)


def draw(panels: Sequence[tuple[dict[str, dict[int, float]], str, str]], out: Path) -> None:
    """Panels with logarithmic axes, as SVG; the same bytes for the same numbers."""
    mpl.rcParams["svg.hashsalt"] = "ecce"
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    for axes, (found, below, beside) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        for name, values in found.items():
            axes.loglog(list(values), list(values.values()), marker="o", label=name)
        places = [place for place in found["ours"] if place != 128 or 110 not in found["ours"]]
        axes.set_xticks(places, [str(place) for place in places])
        axes.minorticks_off()
        axes.set_xlabel(below)
        axes.set_ylabel(beside)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(out, metadata={"Date": None})


def main() -> None:
    """Read the command line, measure, print, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="where to draw it, e.g. docs/ecce.svg")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--loops-to", type=int, default=110, help="longest L of loops in training")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    forward = measure_lengths(128, args.repeats, max(LENGTHS), is_training=False)
    training = measure_lengths(128, args.repeats, args.loops_to, is_training=True)
    peaks = measure_widths()

    if args.out is not None:
        length = "utterances of the dialogue, L"
        panels = [
            (forward, length, "CPU ms, forward, d = 128"),
            (training, length, "CPU ms, forward and backward, d = 128"),
            (peaks, "width of the features, d", f"MiB at the peak, forward, L = {LONGEST}"),
        ]
        draw(panels, args.out)


if __name__ == "__main__":
    main()
