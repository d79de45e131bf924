"""Corpora as they would be read: raw ones with every media file opened, imported ones dry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.base.records import MODALITIES, Annotation, Utterance
from pipeline.base.tables import TableError
from pipeline.base.wording import counted
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import by_kind
from pipeline.corpora.imports.source import read_import
from pipeline.corpora.listing import list_files
from pipeline.corpora.manifest import Media, MediaFile, counts, warnings
from pipeline.corpora.raw import CorpusError, CountRow, RawCorpus
from pipeline.corpora.readers import read_corpus, reader
from pipeline.features.imported import imported_store
from pipeline.tools.examining.media import unusable

SHOWN_MEDIA = 10


@dataclass(frozen=True)
class Examined:
    """What was found wrong, and the tables that tasks are laid on; None: there are none."""

    problems: list[str] = field(default_factory=list)
    tables: tuple[Sequence[Utterance], Sequence[Annotation]] | None = None


def examine_corpus(
    name: str, settings: CorpusSettings, console: Console, n_dropped: int | None
) -> Examined:
    """Show one corpus; of its dropped items `n_dropped`, None: all."""
    console.rule(f"Corpus {name}, reader {settings.reader}")
    console.print(f"corpora.{name}.root: {settings.root}")
    if settings.import_ is not None:
        return _examine_import(name, settings, console)
    if settings.make_demo is not None and not Path(settings.root).exists():
        console.print("Not there yet: the rule make_demo makes it.")
        return Examined()
    return _examine_raw(name, settings, console, n_dropped)


def _examine_raw(
    name: str, settings: CorpusSettings, console: Console, n_dropped: int | None
) -> Examined:
    root = Path(settings.root)
    try:
        raw = read_corpus(name, root, settings)
    except (CorpusError, TableError) as error:
        console.print(str(error))  # holds the expected tree and what is there
        return Examined([f"{str(error).partition(chr(10))[0]} (corpora.{name}.root: {root})"])

    broken = unusable(root, raw.media, settings.links)
    media = Media({path: MediaFile(0, "") for path in raw.media if path not in broken}, broken)
    console.print(f"Expected:\n{reader(settings.reader).TREE}\n")
    console.print(_files_table(root, settings))
    console.print(_counts_table(counts(raw, media)))
    _show_dropped(raw, console, n_dropped)
    for path, reason in list(broken.items())[:SHOWN_MEDIA]:
        console.print(f"media: {path}: {reason}")
    for note in [*raw.notes, *warnings(name, raw, media)]:
        console.print(f"note: {note}")

    problems = _shortfalls(name, settings, raw, broken)
    return Examined(problems, (raw.utterances, raw.annotations))


def _shortfalls(
    name: str, settings: CorpusSettings, raw: RawCorpus, broken: dict[str, str]
) -> list[str]:
    """What of a readable corpus is missing beyond what config tolerates."""
    found = []
    if raw.missing_share > settings.max_missing:
        found.append(
            f"{name}: {raw.missing_share:.1%} of the expected utterances; "
            f"corpora.{name}.max_missing tolerates {settings.max_missing:.1%}"
        )

    damaged = {path: why for path, why in broken.items() if why != "is not there"}
    if raw.media and len(broken) == len(raw.media):
        path, why = next(iter(broken.items()))
        found.append(f"{name}: all {len(broken)} media files, e.g. {path}: {why}")
    elif damaged:
        path, why = next(iter(damaged.items()))
        found.append(
            f"{name}: {len(damaged)} of {len(raw.media)} media files cannot be used, e.g. {path}: "
            f"{why}; fetch or cut them again, or take their rows out"
        )
    return found


def _examine_import(name: str, settings: CorpusSettings, console: Console) -> Examined:
    """Read the features as the stage would; nothing is written."""
    assert settings.import_ is not None
    path = Path(settings.root, settings.import_.path)
    if not path.exists():
        form = settings.import_.format
        return Examined([f"{name}: {path} (corpora.{name}.import.path, {form})"])

    console.print(f"{settings.import_.format}: {path} is there")
    try:
        imported = read_import(name, Path(settings.root), settings.import_, settings.links)
    except CorpusError as error:
        return Examined([str(error)])
    for note in imported.notes:
        console.print(f"note: {note}")
    for modality in MODALITIES:
        store = imported_store(imported, modality, digest="")
        console.print(f"{modality}: {store.dim} dimensions, {store.counts()}")
    return Examined([], (imported.utterances, imported.annotations))


def _files_table(root: Path, settings: CorpusSettings) -> Table:
    table = Table("files", title="There is", title_justify="left")
    table.add_column("number", justify="right")
    table.add_column("bytes", justify="right")
    for pattern in reader(settings.reader).files(settings):
        found = list_files(root, [pattern])
        table.add_row(pattern, str(len(found)), f"{sum(file.size for file in found):,}")
    return table


def _counts_table(rows: Sequence[CountRow]) -> Table:
    """Kept: passed every check of the reader; what a task uses of them stands with the task."""
    table = Table("annotation", "split", "value", title="Utterances", title_justify="left")
    for column in ("expected", "found", "kept"):
        table.add_column(column, justify="right")
    for row in rows:
        expected = "-" if row.expected is None else str(row.expected)
        table.add_row(row.group, row.split, row.value, expected, str(row.found), str(row.used))
    return table


def _show_dropped(raw: RawCorpus, console: Console, n_shown: int | None) -> None:
    console.print(f"{counted(len(raw.dropped), 'item')} dropped")
    for kind, n in by_kind(raw.dropped).items():
        console.print(f"  {n} x {kind}")
    shown = raw.dropped[:n_shown]
    for item in shown:
        console.print(f"    {item.item}: {item.reason}")
    if n_more := len(raw.dropped) - len(shown):
        console.print(f"    and {n_more} more: `--all-dropped` shows them, corpus.json lists them")
