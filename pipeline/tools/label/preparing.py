"""From SOURCE to what is labelled: a corpus of the workflow, made first where it is none yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.artefacts import features_place
from pipeline.config.configuration import Config, read_config
from pipeline.tools.label.corpus import warn
from pipeline.tools.label.encoding import check_encoders, sections_of, trained_modalities
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.recordings import (
    CODE,
    check_recordings,
    find_recordings,
    is_prepared,
    run_workflow,
)
from pipeline.tools.label.trained import TrainedRun

PRESET = CODE / "configs/interview.yaml"


@dataclass(frozen=True)
class Wanted:
    """How recordings are prepared: a preset, `--config` over it, and what is used for it."""

    configfile: Path
    arguments: Sequence[str]
    cache: Path
    cores: int | None  # None: all


@dataclass(frozen=True)
class Prepared:
    """A corpus of the workflow, and the folder that its paths of media begin in."""

    folder: Path
    videos: Path


def prepared(source: Path, out: Path, asked: Wanted, runs: Sequence[TrainedRun] = ()) -> Prepared:
    """What SOURCE is, or what the workflow makes of it for these runs; none: for its faces."""
    if is_prepared(source):
        return Prepared(source, out)

    check_recordings(source)
    config = read_config(asked.configfile, asked.arguments, sections_of(runs))
    corpus = _corpus_of(asked.configfile, config)
    sections = check_encoders(runs, config, asked.cache)
    placed = find_recordings(source, out).placed(config, sections, asked.cache)
    warn(f"{source} is prepared in {out / 'build' / corpus} first")
    targets = [f"build/{corpus}/{name}" for name in needed(placed.shards, runs)]
    run_workflow(out, placed, targets, "all" if asked.cores is None else str(asked.cores))
    return Prepared(out / "build" / corpus, source if source.is_dir() else source.parent)


def needed(n_shards: int, runs: Sequence[TrainedRun]) -> Iterator[str]:
    """Files of a corpus that labelling reads; each manifest, or more shards would go unnoticed."""
    yield from ("utterances.csv", "corpus.json")
    yield from (f"manifest/{shard}.csv" for shard in range(n_shards))
    if runs:
        yield from map(features_place, trained_modalities(runs))
    else:
        yield from (f"faces/{shard}.csv" for shard in range(n_shards))


def _corpus_of(path: Path, config: Config) -> str:
    """The name of the one corpus of a preset, whose place the recordings take."""
    names = list(config.corpora)
    if len(names) != 1 or config.corpora[names[0]].reader != "folder":
        raise LabelError(
            f"{path} has the corpora {', '.join(names)}: how videos are prepared is told by a "
            "configuration with one corpus, of `reader: folder`, as configs/interview.yaml"
        )
    return names[0]
