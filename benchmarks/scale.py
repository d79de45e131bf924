"""What a corpus of the size of CMU-MOSEI costs where little or nothing is to be done.

Real tiny videos (benchmarks/big_corpus.py), 64 shards, the offline encoders of sound and text, no
training. In one run, times in seconds and memory as the peak of the process:

  planning, the first run, a run with nothing to do against `snakemake --version`, one more video,
  one video encoded again (same texts, so that no text is missing), opening a cache of many records.

    python -m benchmarks.scale                      # all of it; --share 0.1 for a tenth
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from benchmarks.big_corpus import MOSEI_UTTERANCES, MOSEI_VIDEOS, BigCorpus
from pipeline.base.files import write_text
from pipeline.features.cache.keys import record_key
from pipeline.features.cache.utterances import Record, UtteranceCache

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
N_RECORDS, DIM = 100_000, 384
ROUNDS = 3
LIMIT_S, LIMIT_MB = 3.0, 500.0
NEW_UTTERANCES = 7
ENCODERS = ("torch", "onnxruntime", "transformers", "av")
# Python runs a `sitecustomize` on its path at every start: each stage tells what it has imported.
TELL_IMPORTS = """
import atexit, os, sys
def tell():
    words = sys.argv
    if words and words[0].endswith("extract_features.py"):
        name = words[words.index("--out") + 1].replace("/", "_")
        with open(os.path.join(os.path.dirname(__file__), name), "w") as stream:
            stream.write(" ".join(sys.modules))
atexit.register(tell)
"""


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    seconds: float
    cpu_s: float  # what it costs however busy the machine is
    megabytes: float
    said: str


class Project:
    """A folder in which the workflow runs."""

    def __init__(self, folder: Path, corpus: BigCorpus, n_shards: int) -> None:
        self.folder, self.corpus, self.imports = folder, corpus, folder / "imports"
        self.imports.mkdir()
        write_text(self.imports / "sitecustomize.py", TELL_IMPORTS)
        task = {
            **{"corpus": "big", "kind": "regression", "annotation": "sentiment"},
            **{"folds": {"by": "official"}, "modalities": ["audio", "text"]},
        }
        config = {
            **{"shards": n_shards, "corpora": {"big": _reader(corpus.root)}},
            **{"tasks": {"big": task}, "train": {"methods": []}},
            "features": {"audio": {"encoder": "moonshine-tiny"}, "text": {"encoder": "minilm"}},
        }
        write_text(folder / "config.yaml", json.dumps(config))  # JSON is YAML

    def snakemake(self, *arguments: str) -> Ended:
        """Run `snakemake ARGUMENTS` in the folder."""
        config = ("--configfile", str(self.folder / "config.yaml"))
        place = ("--directory", str(self.folder), *config, "--cores", str(os.cpu_count()))
        return run(*place, *arguments, paths=str(self.imports))

    def changed(self, what: str) -> None:
        """Run again after a change; print the jobs, hits and misses, and what was imported."""
        old = [*self.folder.glob("build/logs/big/extract*"), *self.imports.glob("*.safetensors")]
        for path in old:
            path.unlink()

        ended = self.snakemake()
        jobs = Counter(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):", ended.said, re.M))
        del jobs["all"]
        print(
            f"{what}: {ended.seconds:.1f} s; " + ", ".join(f"{n} {job}" for job, n in jobs.items())
        )

        for log in sorted(self.folder.glob("build/logs/big/extract*")):
            modality, shard = log.stem.split("_")[-2:]
            counts = re.findall(r"\d+ hits, \d+ misses", log.read_text(encoding="utf-8"))
            (told,) = self.imports.glob(f"*{modality}_{shard}.safetensors")
            loaded = [name for name in ENCODERS if name in told.read_text().split()]
            print(f"    {modality} shard {shard}: {counts[0]}; imported: {loaded or 'no encoder'}")


def main() -> None:
    """Read the command line, make everything, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the videos of CMU-MOSEI")
    parser.add_argument("--shards", type=int, default=64)
    args = parser.parse_args()
    n_videos, n_utterances = (round(n * args.share) for n in (MOSEI_VIDEOS, MOSEI_UTTERANCES))
    with tempfile.TemporaryDirectory() as name:
        corpus = BigCorpus(Path(name) / "raw", n_videos, n_utterances)
        print(f"{n_videos} videos, {n_utterances} utterances, {args.shards} shards", flush=True)
        workflow(Project(Path(name), corpus, args.shards))
    with tempfile.TemporaryDirectory() as name:
        many_records(Path(name), round(N_RECORDS * args.share))


def workflow(project: Project) -> None:
    """Plan, run, run again, change, run again."""
    report("planning a first run", project.snakemake("--dry-run", "--quiet"))
    report("first run", project.snakemake())

    version, nothing = [], []
    for _ in range(ROUNDS):
        version.append(run("--version"))
        nothing.append(project.snakemake())

    assert all("Nothing to be done" in ended.said for ended in nothing)
    compare("seconds", [ended.seconds for ended in nothing], [ended.seconds for ended in version])
    compare(
        "seconds of CPU", [ended.cpu_s for ended in nothing], [ended.cpu_s for ended in version]
    )
    peak = max(ended.megabytes for ended in nothing)
    print(f"    peak of memory {peak:.0f} MB (limit {LIMIT_MB:.0f} MB)", flush=True)

    project.corpus.add_video(NEW_UTTERANCES)
    project.changed("one video more")
    project.corpus.encode_again(0)
    project.changed("one video encoded again")


def compare(what: str, nothing: list[float], version: list[float]) -> None:
    """Medians of a run with nothing to do and of `snakemake --version`."""
    ours, start = statistics.median(nothing), statistics.median(version)
    print(
        f"nothing to do: {ours:.2f} {what}, snakemake --version {start:.2f}: "
        f"{ours - start:.2f} more (limit {LIMIT_S})"
    )


def many_records(folder: Path, n_records: int) -> None:
    """Fill a cache without waiting for the disk, then look records up."""
    cache = UtteranceCache(folder, "text")
    vector = np.linspace(-1, 1, DIM, dtype=np.float32)
    with mock.patch("os.fsync"):
        for number in range(n_records):
            cache.put({"text": number}, Record(vector, "ok"))

    begin_s = time.perf_counter()
    found = UtteranceCache(folder, "text").get(record_key({"text": 0}))
    first_s = time.perf_counter() - begin_s
    assert found is not None

    n_read = min(n_records, 1000)
    begin_s = time.perf_counter()
    for number in range(n_read):
        cache.get(record_key({"text": number}))
    each_s = (time.perf_counter() - begin_s) / n_read

    largest = max(len(list(inside.iterdir())) for inside in (folder / "text").iterdir())
    print(
        f"a cache of {n_records} records: opened and first record read in {1e3 * first_s:.1f} ms, "
        f"{1e3 * each_s:.2f} ms each after that; at most {largest} files in a folder"
    )


def run(*arguments: str, paths: str = "") -> Ended:
    """Run `snakemake ARGUMENTS` where the Snakefile is; its own peak of memory, not its jobs'."""
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    begin_s = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [BIN / "snakemake", *arguments], cwd=ROOT, env=environment, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin_s
        said.seek(0)
        text = said.read()

    if process.returncode:
        raise SystemExit(f"error: snakemake {' '.join(arguments)} failed:\n{text[-3000:]}")
    return Ended(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)


def report(what: str, ended: Ended) -> None:
    """One line."""
    print(f"{what}: {ended.seconds:.1f} s, {ended.cpu_s:.1f} s of CPU", flush=True)


def _reader(root: Path) -> dict[str, str]:
    return {"reader": "folder", "root": str(root)}


if __name__ == "__main__":
    main()
