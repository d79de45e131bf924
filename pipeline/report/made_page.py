"""How a study was made: when, by which command, from which configuration, in how long; how to cite.

Times are those that Snakemake measured of each job (build/benchmarks); what a cache held cost none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import pandas as pd

from models.registry import find_method
from pipeline.base.wording import counted, duration
from pipeline.report.provenance_page import commit
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Part, TableView, text_row

DEFAULT = ("config.yaml",)  # what a plain `snakemake` reads
MAX_BYTES = 200_000  # of a configuration file that is shown
STAGES = (
    *("make_demo", "find_speech", "tell_speakers", "transcribe", "build_manifest"),
    *("import_features", "check_tasks", "crop_faces", "extract_features", "join_features"),
    *("assign_splits", "draw_availability", "train", "predict", "trace", "score"),
)
PAPER = (
    "Sun, H., Lian, Z., Wang, C., Chen, K., Sun, L., Liu, B., Tao, J. (2023). ITEACNet: Inverted "
    "Teacher-student seArch Conversation Network. arXiv:2312.15583"
)

BUNDLED = (
    "`python -m pipeline bundle FOLDER --out STUDY.zip`, given the folder of this page, makes one "
    "file of the study, without media and words, that anybody checks without the corpus "
    "(docs/bundles.md). Give the sha256 that it prints beside the numbers."
)


@dataclass(frozen=True)
class Made:
    """When (ISO 8601, UTC), and the configuration's files as they were given."""

    date: str
    configuration: Sequence[str]

    @property
    def command(self) -> str:
        """What makes the study again, where no key was given by --config."""
        files = [] if tuple(self.configuration) in ((), DEFAULT) else list(self.configuration)
        named = f" --configfile {' '.join(map(quote, files))}" if files else ""
        return f"snakemake --cores all{named}"


def made_parts(
    made: Made,
    build: Path,
    corpora: Mapping[str, Sequence[str]],
    tasks: Sequence[TaskResults],
) -> list[Part]:
    """Date and command, durations, citations."""
    durations = _durations(build, corpora, tasks)
    facts = {
        "Date": f"{made.date[:16].replace('T', ' ')} UTC",
        "Command": made.command,
        "Configuration": ", ".join(made.configuration) or "-",
        "Source code": commit() or "no commit is known",
    }
    if not durations.empty:
        jobs, seconds = len(durations), durations["seconds"].sum()
        facts["Duration"] = f"{duration(seconds)} in {counted(jobs, 'job')}, one after the other"
    rows = [text_row(what, value) for what, value in facts.items()]
    table = TableView("This study", ["what", "value"], rows, text=["value"])

    parts = [Part("How it was made", tables=[table])]
    if not durations.empty:
        parts.append(Part("Time and memory", tables=[_duration_table(durations)], is_folded=True))
    parts.append(Part("How to cite", BUNDLED, tables=[_citations(tasks)], is_folded=True))
    return parts


def shown_files(made: Made) -> Mapping[str, str]:
    """Each file of the configuration as it is written; of a long one the beginning."""
    found = {}
    for name in made.configuration:
        try:
            with Path(name).open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
        except OSError:
            continue  # it was given on another machine, or moved since
        text = content[:MAX_BYTES].decode("utf-8", errors="replace")
        found[f"File {name}"] = text if len(content) <= MAX_BYTES else f"{text}\n(cut here)"
    return found


def _durations(
    build: Path, corpora: Mapping[str, Sequence[str]], tasks: Sequence[TaskResults]
) -> pd.DataFrame:
    """A row for each job of the study's corpora and tasks: stage, seconds, MiB."""
    own = {name: frozenset(encodings) for name, encodings in corpora.items()}
    own |= {task.name: frozenset(_trainings(task)) for task in tasks}
    rows = [
        row
        for name, parts in own.items()
        for path in sorted((build / "benchmarks" / name).glob("*.tsv"))
        for row in _jobs(path, parts)
    ]
    return pd.DataFrame(rows, columns=["stage", "seconds", "mib"])


def _trainings(task: TaskResults) -> Iterator[str]:
    """What names of jobs call the methods of a task and their runs."""
    for method in task.methods:
        yield method.name
        yield from (run.name.replace("/", "_") for run in task.all_runs(method))


def stage_of_study(job: str, parts: Collection[str]) -> str:
    """The stage of a job, by the name of its file; "" for what is none of the study.

    Other encoders, methods, folds and seeds that a study had once leave their files. `parts`: what
    it has now of a corpus or a task.
    """
    stage = next((name for name in STAGES if job.startswith(name)), "")
    part = job.removeprefix(f"{stage}_")
    if stage == "extract_features":
        part = part.rpartition("_")[0]  # the shard
    named = ("extract_features", "join_features", "train", "predict", "trace")
    return "" if stage in named and part not in parts else stage


def _jobs(path: Path, parts: Collection[str]) -> Iterator[tuple[str, float, float]]:
    stage = stage_of_study(path.stem, parts)
    if not stage:
        return
    table = pd.read_csv(path, sep="\t", na_values=["NA", "-"])
    if {"s", "max_rss"} <= set(table.columns):
        for seconds, mib in zip(table["s"], table["max_rss"], strict=True):
            yield stage, float(seconds), float(mib)


def _duration_table(durations: pd.DataFrame) -> TableView:
    groups = dict(list(durations.groupby("stage")))
    found = [(stage, groups[stage]) for stage in STAGES if stage in groups]
    rows = [
        text_row(
            stage.replace("_", " "),
            len(group),
            duration(group["seconds"].sum()),
            duration(group["seconds"].max()),
            "-" if group["mib"].isna().all() else f"{group['mib'].max():,.0f}",
        )
        for stage, group in found
    ]

    return TableView(
        "Jobs as Snakemake measured them, each when it ran last",
        ["stage", "jobs", "time", "longest", "most memory (MiB)"],
        rows,
        note="Times of all jobs added; several may have run side by side. What was found in a "
        "cache, or was made for another study, is not made again.",
        source="build/benchmarks",
        data=durations,
    )


def _citations(tasks: Sequence[TaskResults]) -> TableView:
    """The paper, this software, and every method of the study."""
    rows = [
        text_row("The paper", PAPER),
        text_row("This software", f"ITEACNet pipeline, {commit() or 'see CITATION.cff'}"),
    ]
    methods = {method.model: method for task in tasks for method in task.methods}
    rows += [
        text_row(find_method(model).label, find_method(model).citation)
        for model in methods
        if model != "iteacnet"
    ]

    return TableView(
        "What to cite",
        ["what", "reference"],
        rows,
        text=["reference"],
        name="citations",
        note="Corpora and encoders have references of their own: CITATION.cff of the source code "
        "lists them.",
    )
