"""Where every number comes from: files and commands, versions, digests, settings."""

import platform
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from pipeline.base.arrays import read_header
from pipeline.base.artefacts import features_place
from pipeline.base.provenance import ROOT
from pipeline.report.task_data import RunFiles, TaskResults
from pipeline.report.views import Part, Row, TableView, text_row

# Of this report alone: what made the features and the runs is read from what they left.
PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "snakemake")
# What people see, the file that it stands in, the stage that writes the file, the stage's inputs.
IMPORTED_FILES = (
    ("corpus and features", "corpus.json, features/*", "import_features", "the imported file"),
)
CORPUS_FILES = (
    ("corpus: used, dropped, why", "corpus.json", "build_manifest", "the raw corpus"),
    ("faces found", "faces/*.csv", "crop_faces", "manifest/*, the videos"),
    ("features of a shard", "shards/**", "extract_features", "manifest/*, faces/*, the media"),
    ("features and their statuses", "features/*", "join_features", "shards/**"),
)
TASK_FILES = (
    ("labels, folds, roles", "labels.csv, splits.csv", "assign_splits", "annotations.csv"),
    ("realised missingness", "availability/*", "draw_availability", "labels.csv, splits.csv"),
    ("training curves, weights", "runs/*/*/*/history.csv", "train", "features, labels, masks"),
    ("confusions, intervals", "runs/*/*/*/predictions.csv", "predict", "weights, masks"),
    ("Tables 1 to 4, curves, metrics", "scores.csv", "score", "predictions.csv"),
    ("what probabilities are worth", "reliability.csv", "score", "calibration.json"),
    ("attention, ECCE, routers", "traces/*.safetensors", "trace", "weights, features"),
)


def provenance_parts(
    build: Path,
    corpora: Mapping[str, Sequence[str]],
    tasks: Sequence[TaskResults],
) -> list[Part]:
    """Files and commands, runs, versions."""
    text = (
        "Each table and figure names its file. `snakemake --detailed-summary`, given the same "
        "configuration, prints for every file the exact command line that made it (column "
        "shellcmd), its inputs and when; the stage's own messages stand in build/logs. "
        "`snakemake --force FILE` makes a file anew. run.json holds a run's settings, seed, "
        "digests of its inputs and versions."
    )
    imported = {name for name, parts in corpora.items() if _is_imported(build / name, parts)}
    parts = [
        Part("From files to numbers", text, [_file_table(corpora, imported, tasks)]),
        Part("Versions", tables=[_version_table(build, corpora, tasks)]),
    ]
    if tasks:
        parts.append(Part("Runs", tables=[_run_table(tasks)], is_folded=True))

    return parts


def commit() -> str:
    """The commit of the source code, with `-dirty` where it was changed since; "" without git."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return ""
    command = [git, "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _is_imported(folder: Path, encodings: Iterable[str]) -> bool:
    headers = [read_header(folder / features_place(encoding)) for encoding in encodings]
    return bool(headers) and all(header["encoder"] == "imported" for header in headers)


def _file_table(
    corpora: Iterable[str], imported: set[str], tasks: Sequence[TaskResults]
) -> TableView:
    def row(what: str, folder: str, names: str, stage: str, inputs: str) -> Row:
        files = ", ".join(f"build/{folder}/{name}" for name in names.split(", "))
        return text_row(what, files, f"python -m pipeline.stages.{stage}", inputs)

    rows = [
        row(what, corpus, *rest)
        for corpus in corpora
        for what, *rest in (IMPORTED_FILES if corpus in imported else CORPUS_FILES)
    ]
    rows += [row(what, task.name, *rest) for task in tasks for what, *rest in TASK_FILES]
    rows.append(
        text_row(
            "Table 5", "build/parameters.csv", "python -m pipeline.stages.count_parameters", "-"
        )
    )
    rows.append(
        text_row(
            "this page",
            "index.html, study.json, settings.json, tables/*, figures/* of this folder",
            "python -m pipeline.stages.report",
            "all of the above",
        )
    )
    columns = ["what", "file", "command", "made of"]
    return TableView("Which command wrote what", columns, rows, text=columns[1:])


def _version_table(
    build: Path, corpora: Mapping[str, Sequence[str]], tasks: Sequence[TaskResults]
) -> TableView:
    """Of features and runs the versions that made them, which may not be those of today."""
    rows = []
    for corpus, modalities in corpora.items():
        for modality in modalities:
            header = read_header(build / corpus / features_place(modality))
            made = f"{corpus}, {modality}"
            rows += [text_row(*pair, made) for pair in header["libraries"].items()]

    for name, found in _run_versions(tasks).items():
        rows.append(text_row(name, ", ".join(sorted(found)), "training"))

    today = [("Python", platform.python_version())]
    today += [(name, metadata.version(name)) for name in PACKAGES]
    if known := commit():
        today.append(("commit", known))
    rows += [text_row(*pair, "this report") for pair in today]
    columns = ["what", "value", "made"]

    return TableView("Packages", columns, rows, text=columns[1:], name="versions")


def _run_versions(tasks: Sequence[TaskResults]) -> dict[str, set[str]]:
    """By library the versions that all runs were trained with."""
    found: dict[str, set[str]] = {}
    for task in tasks:
        runs = [run for method in task.methods for run in task.all_runs(method)]
        for run in runs:
            for name, version in run.facts()["versions"].items():
                found.setdefault(name, set()).add(version)
    return found


def _run_row(task: TaskResults, run: RunFiles) -> Row:
    facts = run.facts()
    return text_row(
        run.name,
        facts["seed"],
        facts["best_epoch"],
        task.measure.text(facts["best_score"], digits=2),
        facts["selection"],
        facts["device"],
        facts["settings"]["code"],
        facts["key"][:16],
        group=f"Task {task.name}",
    )


def _scores(tasks: Sequence[TaskResults]) -> str:
    """What epochs were selected by, in words."""
    measures = dict.fromkeys(task.measure for task in tasks)
    return " or ".join(
        f"{measure.label} in %" if measure.is_percent else measure.label for measure in measures
    )


def _run_table(tasks: Sequence[TaskResults]) -> TableView:
    rows = [
        _run_row(task, run)
        for task in tasks
        for method in task.methods
        for run in task.all_runs(method)
    ]
    columns = ["run", "seed", "epoch", "score", "selected on", "device", "code", "inputs"]

    return TableView(
        f"Every run: its seed, the epoch that it keeps and the {_scores(tasks)} of that, digests",
        columns,
        rows,
        text=["selected on", "device", "code", "inputs"],
        name="runs",
        kind="long",
        source="build/*/runs/*/*/*/run.json",
    )
