"""Options that several stages take: each is said once, and means the same in all of them."""

import argparse
from pathlib import Path
from typing import Any, Final

FILES: Final = {"type": Path, "nargs": "+"}
SHARED: Final[dict[str, dict[str, Any]]] = {
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
    # What it is read for.
    "corpus": {"help": "its name in config.yaml"},
    "task": {"help": "its name in config.yaml"},
    "settings": {"help": "JSON of the settings"},
    "fold": {"type": int, "help": "fold of splits.csv"},
    "seed": {"type": int, "help": "seed of the run"},
    # Where, and with what.
    "root": {"type": Path, "help": "folder of the raw corpus"},
    "links": {"nargs": "*", "default": [], "help": "folders that links may lead into"},
    "cache": {"type": Path, "help": "folder of the caches"},
    "threads": {"type": int, "default": 1, "help": "what is worked on side by side"},
    "device": {"default": "auto", "help": "auto, cpu, cuda or cuda:N"},
    # What is written.
    "out": {"type": Path, "help": "what is written"},
    "out-utterances": {"type": Path, "help": "utterances.csv"},
    "out-annotations": {"type": Path, "help": "annotations.csv"},
    "out-corpus": {"type": Path, "help": "corpus.json"},
}


def stage_parser(description: str | None, *names: str, **helps: str) -> argparse.ArgumentParser:
    """A parser with the shared options `names`, and those of `helps`, which has other words.

    An option without a default must be given. `out_labels` and its like are more files to write.
    """
    parser = argparse.ArgumentParser(description=description)
    for name in (*names, *helps):
        settings = dict(SHARED["out" if name.startswith("out_") else name])
        if name in helps:
            settings["help"] = helps[name]
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, required="default" not in settings, **settings)
    return parser
