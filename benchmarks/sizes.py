"""What studies of odd sizes cost: many classes, rows or speakers, and one very long dialogue.

Features are random and narrow; the whole workflow runs, all methods for one epoch, on one core. For
each job: CPU seconds, and the peak memory of its process; what fails is told with its last line.

    python -m benchmarks.sizes classes          # rows, dialogue, speakers: see SIZES
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.registry import our_methods
from pipeline.base.files import write_text

ROOT = Path(__file__).resolve().parents[1]
MODALITIES = ("audio", "text", "visual")
LIMIT_GIB = 12
SHORT = {
    "mmin": {"pretrain_epochs": 1},
    "cpmnet": {"train_epochs": 1, "test_epochs": 1},
    "momke": {"expert_epochs": 1},
    "committee": {"n_epochs": 1},
}
# Python runs a `sitecustomize` on its path at every start: each process tells what it needed.
TELL = """
import atexit, json, os, resource, sys
def tell():
    words, used = sys.orig_argv, resource.getrusage(resource.RUSAGE_SELF)
    if "-m" in words and words[words.index("-m") + 1].startswith("pipeline."):
        named = [words[i + 1] for i, one in enumerate(words) if one in ("--method", "--out")]
        stage, cpu_s = words[words.index("-m") + 1], used.ru_utime + used.ru_stime
        row = [stage, *named[:1], cpu_s, used.ru_maxrss]
        with open(os.environ["TOLD"], "a") as stream:
            stream.write(json.dumps(row) + "\\n")
atexit.register(tell)
"""


@dataclass(frozen=True)
class Size:
    """A study: its rows are spread evenly over dialogues, speakers and classes."""

    n_dialogues: int
    n_utterances: int  # of each dialogue
    n_speakers: int = 2  # of each dialogue
    n_classes: int = 4
    dims: tuple[int, ...] = (4, 6, 3)  # of audio, text, visual
    methods: tuple[str, ...] = our_methods()


SIZES = {
    "classes": Size(n_dialogues=300, n_utterances=20, n_classes=1000),
    "dialogue": Size(n_dialogues=3, n_utterances=5000),
    "rows": Size(n_dialogues=5000, n_utterances=20),
    "speakers": Size(n_dialogues=9, n_utterances=1000, n_speakers=500),
}


def write_study(folder: Path, size: Size, rng: np.random.Generator) -> None:
    """Features and configuration."""
    n = size.n_dialogues * size.n_utterances
    turn, dialogue = np.tile(np.arange(size.n_utterances), size.n_dialogues), np.arange(n)
    dialogue //= size.n_utterances
    label = rng.permutation(n) % size.n_classes

    names = {
        "utterance_id": np.char.add("u", np.arange(n).astype(str)),
        "dialogue_id": np.char.add("d", dialogue.astype(str)),
        "speaker": np.char.add("s", (turn % size.n_speakers).astype(str)),
        "emotion": np.char.add("c", label.astype(str)),
    }
    dims = zip(MODALITIES, size.dims, strict=True)
    vectors = {name: rng.normal(size=(n, dim)).astype(np.float32) for name, dim in dims}

    (folder / "features").mkdir()
    np.savez(folder / "features/f.npz", turn=turn, **names, **vectors)
    source = {"format": "npz", "path": "f.npz", "arrays": {name: name for name in MODALITIES}}

    task = {
        **{"corpus": "c", "annotation": "emotion"},
        "classes": {f"c{i}": [f"c{i}"] for i in range(size.n_classes)},
        "folds": {"by": "dialogues", "k": 3, "only": [0]},
    }

    config = {
        "corpora": {"c": {"reader": "import", "root": "features", "import": source}},
        "tasks": {"t": task},
        "protocol": {"rates": [0.0, 0.5], "standardize": True},
        "methods": {
            name: {"model": name, "settings": SHORT.get(name, {})} for name in size.methods
        },
        "train": {"methods": list(size.methods), "n_epochs": 1, "seeds": [0]},
    }
    write_text(folder / "config.yaml", json.dumps(config))  # JSON is YAML


def run(folder: Path) -> tuple[int, str]:
    """Snakemake's exit code and its last words."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    write_text(tools / "sitecustomize.py", TELL)
    env = {
        **os.environ,
        "PYTHONPATH": str(tools),
        "TOLD": str(folder / "told"),
        "OMP_NUM_THREADS": "1",
    }

    limit = ["prlimit", f"--data={LIMIT_GIB << 30}"]
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(ROOT / "Snakefile"),
        "--cores",
        "1",
    ]
    profile = ["--workflow-profile", str(ROOT / "profiles/default")]

    done = subprocess.run(
        [*limit, *command, *profile],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def main(argv: list[str] | None = None) -> None:
    """Make, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SIZES)
    parser.add_argument("--methods", nargs="*")
    parser.add_argument("--dialogues", type=int)
    parser.add_argument("--utterances", type=int, help="of each dialogue")
    parser.add_argument("--dims", type=int, nargs=3, help="of audio, text and visual")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args(argv)

    size = SIZES[args.name]
    if args.methods:
        size = replace(size, methods=tuple(args.methods))
    if args.dialogues:
        size = replace(size, n_dialogues=args.dialogues)
    if args.utterances:
        size = replace(size, n_utterances=args.utterances)
    if args.dims:
        size = replace(size, dims=tuple(args.dims))

    with tempfile.TemporaryDirectory() as made:
        folder = args.keep or Path(made)
        folder.mkdir(exist_ok=True)
        write_study(folder, size, np.random.default_rng(0))
        code, said = run(folder)

        for line in (folder / "told").read_text().splitlines():
            *names, cpu_s, peak_kb = json.loads(line)
            print(f"{' '.join(names):60} {cpu_s:8.1f} s {peak_kb / 1024:8.0f} MiB")
        print(f"exit code {code}")
        print("\n".join(said.splitlines()[-40:]))


if __name__ == "__main__":
    main()
