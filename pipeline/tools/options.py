"""What the commands' options have in common: each is said once, and means the same everywhere."""

import argparse
from pathlib import Path


def command_parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """The parser of `python -m pipeline NAME`; the description keeps its lines."""
    return argparse.ArgumentParser(
        prog=f"python -m pipeline {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_configuration(
    parser: argparse.ArgumentParser,
    default: Path = Path("config.yaml"),
    told: str = "default: config.yaml",
) -> None:
    """`--configfile` and `--config`, as `snakemake` takes them."""
    parser.add_argument(*("--configfile", "-c"), type=Path, default=default, help=told)
    parser.add_argument("--config", nargs="+", default=[], metavar="KEY=VALUE", help="root=PATH")
