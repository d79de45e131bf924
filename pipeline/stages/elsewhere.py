"""Options of stages that work on a task which is tested on another corpus than its own."""

import argparse
from pathlib import Path


def add_test_tables(parser: argparse.ArgumentParser) -> None:
    """The tables of the corpus that a task is tested on, if that is another than its own."""
    for name in ("utterances", "labels", "splits"):
        parser.add_argument(
            f"--test-{name}", type=Path, nargs="?", help=f"{name}.csv of another corpus to test on"
        )
