"""Options that stages take: each is said once, and means the same in all of them."""

from pathlib import Path
from typing import Any, Final

FILES: Final = {"type": Path, "nargs": "+"}
ANY_FILE: Final = {"type": Path, "nargs": "?", "default": None}
ANY_FILES: Final = {"type": Path, "nargs": "*", "default": []}
KNOWN: Final[dict[str, dict[str, Any]]] = {
    # What is read.
    "utterances": {"type": Path, "help": "utterances.csv, or the rows of a shard"},
    "annotations": {"type": Path, "help": "annotations.csv"},
    "labels": {"type": Path, "help": "labels.csv"},
    "splits": {"type": Path, "help": "splits.csv"},
    "media": {"type": Path, "help": "JSON: path -> size, sha256"},
    "features": {**FILES, "help": "one file per modality"},
    "availability": {**FILES, "help": "stored masks"},
    "weights": {"type": Path, "help": "weights.safetensors"},
    "run": {"type": Path, "help": "run.json"},
    "runs": {**ANY_FILES, "help": "run.json of every run"},
    "shards": {**FILES, "help": "shard 0, 1, ..."},
    "turns": {"type": Path, "help": "what the step before wrote"},
    "build": {"type": Path, "help": "folder of all artefacts"},
    "parameters": {"type": Path, "help": "build/parameters.csv"},
    # The same of the corpus that a task is tested on, if that is another than its own.
    "test-utterances": {**ANY_FILE, "help": "its utterances.csv"},
    "test-labels": {**ANY_FILE, "help": "its labels.csv"},
    "test-splits": {**ANY_FILE, "help": "its splits.csv"},
    "test-features": {**ANY_FILES, "help": "its features"},
    "test-availability": {**ANY_FILES, "help": "its stored masks"},
    # What it is read for.
    "corpus": {"help": "its name in config.yaml"},
    "task": {"help": "its name in config.yaml"},
    "settings": {"help": "JSON of what the stage is asked for"},
    "fold": {"type": int, "help": "fold of splits.csv"},
    "method": {"help": "its name in config.yaml"},
    "seed": {"type": int, "help": "seed of the run"},
    "mask-seed": {"type": int, "help": "seed of the masks"},
    "train-rate": {"help": "0.0 to 0.7, random, progressive or a condition"},
    "code": {"help": "digest of the code: part of the run's key"},
    # Where, and with what.
    "root": {"type": Path, "help": "folder of the corpus, or of its features"},
    "clip": {"help": "a media file, below the root"},
    "links": {"nargs": "*", "default": [], "help": "folders that links may lead into"},
    "cache": {"type": Path, "help": "folder of the caches"},
    "threads": {"type": int, "default": 1, "help": "what is worked on side by side"},
    "device": {"default": "auto", "help": "auto, cpu, cuda or cuda:N"},
    # What is written.
    "out": {"type": Path, "help": "what is written"},
    "out-shards": {**FILES, "help": "one .csv each"},
    "out-media": {**FILES, "help": "one .json each"},
}
