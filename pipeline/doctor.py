"""Says what a configuration expects, what is there, and what is missing: corpora and weights.

    python -m pipeline.doctor [--configfile configs/iemocap.yaml] [--config root=PATH]

Reads the corpora as `build_manifest` would, but digests no media and writes nothing. Exit code 1
when something that is needed is missing.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.config import Config, parse_config, read_config
from pipeline.corpora.checks import by_kind
from pipeline.corpora.listing import list_files
from pipeline.corpora.manifest import Media, warnings
from pipeline.corpora.raw import CorpusError, RawCorpus
from pipeline.corpora.readers import read_corpus, reader
from pipeline.features.catalogue import find_encoder
from pipeline.features.published import CheckpointError
from pipeline.features.weights import locate
from pipeline.files import resolve_inside
from pipeline.records import MODALITIES
from pipeline.sections.corpora import CorpusSettings
from pipeline.settings import SettingsError, dump

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
    """Show every corpus and the weights; return what is needed and missing.

    Of the dropped items of a corpus `n_dropped` are shown, None: all.
    """
    problems: list[str] = []
    for name, settings in config.corpora.items():
        console.rule(f"Corpus {name}, reader {settings.reader}")
        console.print(f"corpora.{name}.root: {settings.root}")
        if settings.import_ is not None:
            problems += _examine_import(name, settings, console)
        elif settings.make_demo is not None and not Path(settings.root).exists():
            console.print("Not there yet: the rule make_demo makes it.")
        else:
            problems += _examine_corpus(name, settings, console, n_dropped)
    if any(settings.import_ is None for settings in config.corpora.values()):
        problems += _examine_weights(config, console)
    return problems


def _examine_corpus(
    name: str, settings: CorpusSettings, console: Console, n_dropped: int | None
) -> list[str]:
    root = Path(settings.root)
    try:
        raw = read_corpus(name, root, settings)
    except CorpusError as error:
        console.print(str(error))  # holds the expected tree and what is there
        return [str(error).partition("\n")[0] + f" (corpora.{name}.root: {settings.root})"]
    missing = {path: "is not there" for path in raw.media if not _is_there(root, path)}
    console.print(f"Expected:\n{reader(settings.reader).TREE}\n")
    console.print(_files_table(root, settings))
    console.print(_counts_table(raw))
    _show_dropped(raw, console, n_dropped)
    for note in [*raw.notes, *warnings(name, raw, Media({}, missing))]:
        console.print(f"note: {note}")
    return _shortfalls(name, settings, raw, missing)


def _shortfalls(
    name: str, settings: CorpusSettings, raw: RawCorpus, missing: dict[str, str]
) -> list[str]:
    """What of a readable corpus is missing beyond what config tolerates."""
    found = []
    if raw.missing_share > settings.max_missing:
        found.append(
            f"{name}: {raw.missing_share:.1%} of the expected utterances; "
            f"corpora.{name}.max_missing tolerates {settings.max_missing:.1%}"
        )
    if len(missing) == len(raw.media):
        found.append(f"{name}: all {len(missing)} media files, e.g. {next(iter(missing))}")
    return found


def _is_there(root: Path, media: str) -> bool:
    try:
        return resolve_inside(root, media).is_file()
    except OSError:  # a name that the file system refuses
        return False


def _examine_import(name: str, settings: CorpusSettings, console: Console) -> list[str]:
    assert settings.import_ is not None
    path = Path(settings.root, settings.import_.path)
    if path.exists():
        console.print(f"{settings.import_.format}: {path} is there")
        return []
    return [f"{name}: {path} (corpora.{name}.import.path, {settings.import_.format})"]


def _files_table(root: Path, settings: CorpusSettings) -> Table:
    table = Table("files", title="There is", title_justify="left")
    table.add_column("number", justify="right")
    table.add_column("bytes", justify="right")
    for pattern in reader(settings.reader).files(settings):
        found = list_files(root, [pattern])
        table.add_row(pattern, str(len(found)), f"{sum(one.size for one in found):,}")
    return table


def _counts_table(raw: RawCorpus) -> Table:
    table = Table("annotation", "split", "value", title="Utterances", title_justify="left")
    for column in ("expected", "found", "kept"):
        table.add_column(column, justify="right")
    for row in raw.counts:
        expected = "-" if row.expected is None else str(row.expected)
        table.add_row(row.group, row.split, row.value, expected, str(row.found), str(row.used))
    return table


def _show_dropped(raw: RawCorpus, console: Console, n_shown: int | None) -> None:
    console.print(f"{len(raw.dropped)} items dropped")
    for kind, n in by_kind(raw.dropped).items():
        console.print(f"  {n} x {kind}")
    shown = raw.dropped[:n_shown]
    for one in shown:
        console.print(f"    {one.item}: {one.reason}")
    if n_more := len(raw.dropped) - len(shown):
        console.print(f"    and {n_more} more: `--all-dropped` shows them, corpus.json lists them")


def _examine_weights(config: Config, console: Console) -> list[str]:
    """Which weights are there, and where missing ones come from."""
    console.rule("Weights")
    problems: list[str] = []
    for modality in MODALITIES:
        settings = dump(getattr(config.features, modality))
        encoder = find_encoder(modality, settings["encoder"])
        place = f"features.{modality}.encoder: {settings['encoder']}"
        try:
            weights = locate(modality, settings, Path(config.cache))
        except CheckpointError as error:
            console.print(f"missing  {place}\n         {error}")
            problems.append(f"{place}: published at {encoder.source}")
        else:
            console.print(f"present  {place}")
            console.print(f"         {weights.path}")
            console.print(f"         {_size(weights.path)}, sha256 {weights.digest}")
    return problems + _examine_detector(config, console)


def _examine_detector(config: Config, console: Console) -> list[str]:
    faces = config.crop_faces
    if faces.detector == "mtcnn":
        console.print("present  crop_faces.detector: mtcnn (in the wheel of facenet-pytorch)")
        return []
    if faces.weights is not None and Path(faces.weights).is_file():
        console.print(f"present  crop_faces.detector: yunet, {faces.weights}")
        return []
    return [f"crop_faces.weights: {faces.weights}, the .onnx file of detector yunet"]


def _size(path: Path) -> str:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return f"{sum(one.stat().st_size for one in files):,} bytes"


def _read(args: argparse.Namespace) -> Config:
    """The configuration as Snakemake would see it: the file, then single values over it."""
    if args.config_json is not None:
        return parse_config(json.loads(args.config_json))
    return read_config(args.configfile, args.config)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.doctor", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--configfile", type=Path, default=Path("config.yaml"), help="default: config.yaml"
    )
    parser.add_argument("--config", nargs="+", default=[], metavar="KEY=VALUE", help="root=PATH")
    parser.add_argument("--all-dropped", action="store_true", help="show every dropped item")
    parser.add_argument("--config-json", help="the whole configuration, instead of a file")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
