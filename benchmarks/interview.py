"""How long labels of raw videos take, by the clock and by the processor, with parts.

    python -m benchmarks.interview RUN... SOURCE [--cores 2]

RUN and SOURCE are those of `python -m pipeline label`, which is called as a user calls it, in a new
folder with an empty cache. Each part is what Snakemake measured of its jobs; the whole has what is
between them too: start-up, planning, the runs, the page. Jobs may run side by side, so parts may
take longer than the whole. The last two numbers of a row: the clock's and the processor's seconds,
over the length of the videos.
"""

import argparse
import csv
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from pipeline.corpora.clips import own_media
from pipeline.media.probe import probe

COLUMNS = ("s", "cpu_time", "max_rss")
RULES = ("find_speech", "tell_speakers", "transcribe", "build_manifest", "crop_faces")
RULES += tuple(f"extract_features_{name}" for name in ("audio", "text", "visual"))


class Cost(NamedTuple):
    """Seconds by the clock and of the processor, and the most memory that a job held."""

    wall_s: float
    cpu_s: float
    peak_mib: float

    def __or__(self, other: "Cost") -> "Cost":
        """Both, one after the other."""
        peak_mib = max(self.peak_mib, other.peak_mib)
        return Cost(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s, peak_mib)


def parts_of(folder: Path) -> Mapping[str, Cost]:
    """By rule what Snakemake's tables of build/benchmarks say; jobs side by side add up."""
    found: dict[str, Cost] = defaultdict(lambda: Cost(0.0, 0.0, 0.0))
    for path in sorted(folder.rglob("*.tsv")):
        with path.open(newline="", encoding="utf-8") as stream:
            (row,) = csv.DictReader(stream, delimiter="\t")
        values = [0.0 if row[name] == "NA" else float(row[name]) for name in COLUMNS]
        found[rule_of(path.stem)] |= Cost(*values)
    return found


def rule_of(stem: str) -> str:
    """The rule of a table, whatever file or shard it names."""
    return next((rule for rule in RULES if stem.startswith(rule)), "others")


def seconds_of(source: Path) -> float:
    """How long the media last, by their headers."""
    paths = [source / name for name in own_media(source).paths] if source.is_dir() else [source]
    return sum(probe(path).duration_s or 0.0 for path in paths)


def told(name: str, cost: Cost, length_s: float) -> str:
    """A row: seconds, memory, and seconds by the clock over the length of the videos."""
    memory = f"{cost.peak_mib:8.0f} MiB" if cost.peak_mib else " " * 12
    shares = f"{cost.wall_s / length_s:6.2f}x {cost.cpu_s / length_s:6.2f}x"
    return f"{name:26} {cost.wall_s:8.1f} s {cost.cpu_s:8.1f} CPU s {memory} {shares}"


def measure(runs: Sequence[Path], source: Path, cores: int) -> None:
    """Label, and print a row for each part and for the whole."""
    length_s = seconds_of(source)
    with TemporaryDirectory() as name:
        out = Path(name) / "labels"
        command = [sys.executable, "-m", "pipeline", "label", *map(str, (*runs, source))]
        command += ["--out", str(out), "--cache", f"{name}/cache", "--cores", str(cores)]
        before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall_s, after = time.monotonic() - start_s, resource.getrusage(resource.RUSAGE_CHILDREN)
        parts = parts_of(out / "build/benchmarks")

    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    for rule, cost in parts.items():
        print(told(rule, cost, length_s))
    print(told("the whole", Cost(wall_s, cpu_s, 0.0), length_s), f"of {length_s:.1f} s")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("source", type=Path, metavar="SOURCE")
    parser.add_argument("--cores", type=int, default=2, help="default: 2")
    args = parser.parse_args()
    measure(args.runs, args.source, args.cores)


if __name__ == "__main__":
    main()
