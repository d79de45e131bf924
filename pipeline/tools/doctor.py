"""Says what a configuration expects, what is there, and what is missing: corpora, tasks, weights.

    python -m pipeline doctor [--configfile configs/iemocap.yaml] [--config root=PATH]

Reads the corpora as `build_manifest` and `import_features` would, opens every media file, lays the
tasks on the tables, and writes nothing. Exit code 1 when something that is needed is missing.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pipeline.base.errors import CheckpointError, SettingsError
from pipeline.config.configuration import Config, parse_config, read_config
from pipeline.config.settings import dump
from pipeline.features.faces.detecting import check_detector
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.opening import check_weights
from pipeline.tools.examining.corpora import examine_corpus
from pipeline.tools.examining.tasks import examine_tasks
from pipeline.tools.options import add_configuration, command_parser

SHOWN_DROPPED = 20
LOG_WIDTH = 110


def main(argv: list[str] | None = None) -> None:
    """Read the command line, examine, exit with 1 if something is missing."""
    args = _parse(argv)
    console = _console()
    try:
        config = _read(args)
    except SettingsError as error:
        raise SystemExit(f"error: {error}") from None
    problems = examine(config, console, None if args.all_dropped else SHOWN_DROPPED)
    console.rule("Summary")
    for problem in problems:
        console.print(f"MISSING  {problem}")
    if problems:
        sys.exit(1)
    console.print("Nothing that is needed is missing.")


def _console() -> Console:
    """Plain output: names of files and people may look like markup or emoji codes."""
    plain = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    if not plain.is_terminal:
        plain.width = LOG_WIDTH
    return plain


def examine(config: Config, console: Console, n_dropped: int | None) -> list[str]:
    """Show every corpus, task and the weights; return what is needed and missing.

    Of the dropped items of a corpus `n_dropped` are shown, None: all.
    """
    corpora = {
        name: examine_corpus(name, settings, console, n_dropped)
        for name, settings in config.corpora.items()
    }
    problems = [problem for corpus in corpora.values() for problem in corpus.problems]
    problems += examine_tasks(config, corpora, console)
    if any(settings.import_ is None for settings in config.corpora.values()):
        problems += _examine_weights(config, console)
    return problems


def _examine_weights(config: Config, console: Console) -> list[str]:
    """Which weights are there, and where missing ones come from."""
    console.rule("Weights")
    problems: list[str] = []
    for name, encoding in config.encoders.items():
        modality, settings = encoding.modality, dump(encoding.settings)
        encoder = find_encoder(modality, settings["encoder"])
        place = f"features.{name}.encoder: {settings['encoder']}"

        try:
            weights = check_weights(modality, settings, Path(config.cache))
        except (CheckpointError, SettingsError) as error:
            console.print(f"missing  {place}\n         {error}")
            problems.append(f"{place}: published at {encoder.source}")
        else:
            console.print(f"present  {place}")
            console.print(f"         {weights.path}")
            console.print(f"         {_size(weights.path)}, sha256 {weights.digest}")
    return problems + _examine_detector(config, console)


def _examine_detector(config: Config, console: Console) -> list[str]:
    faces = config.crop_faces
    place = f"crop_faces.detector: {faces.detector}"
    try:
        where = check_detector(faces)
    except CheckpointError as error:
        console.print(f"missing  {place}\n         {error}")
        return [f"{place}: {error}"]
    console.print(f"present  {place} ({where})")
    return []


def _size(path: Path) -> str:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return f"{sum(file.stat().st_size for file in files):,} bytes"


def _read(args: argparse.Namespace) -> Config:
    """The configuration as Snakemake would see it: the file, then single values over it."""
    if args.config_json is not None:
        return parse_config(json.loads(args.config_json))
    return read_config(args.configfile, args.config)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser("doctor", __doc__)
    add_configuration(parser)
    parser.add_argument("--all-dropped", action="store_true", help="show every dropped item")
    parser.add_argument("--config-json", help="the whole configuration, instead of a file")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
