"""Every table of a study anew from its predictions, with the code that made them first."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.config.study_tasks import StudyTask
from pipeline.evaluation.task_scores import TaskFiles, TestTables, write_scores
from pipeline.report.outputs import numbers_of, write_frame
from pipeline.report.scored_tables import scored_tables
from pipeline.report.task_data import TaskResults
from pipeline.tools.bundles.study import BUILD, TABLES, Study

OF_TASK = ("scores.csv", "reliability.csv")


def rescore(study: Study, folder: Path) -> list[TaskResults]:
    """Write scores.csv and reliability.csv of each task, then all tables, below `folder`."""
    for task in study.tasks:
        _score(study, task, folder / BUILD)
    results = [study.results(task, folder) for task in study.tasks]
    for table in scored_tables(results):
        write_frame(folder / TABLES / f"{table.name}.csv", numbers_of(table))
    return results


def scored_files(study: Study, folder: Path) -> dict[str, Path]:
    """What `rescore` writes, by its place in the bundle."""
    places = [f"{BUILD}/{task}/{name}" for task in study.tasks for name in OF_TASK]
    places += [f"{TABLES}/{path.name}" for path in sorted((folder / TABLES).glob("*.csv"))]
    return {place: folder / place for place in places if (folder / place).is_file()}


def difference(ours: Path, theirs: Path) -> str:
    """The first row in which two tables differ, in words; "" where they are the same bytes."""
    if ours.read_bytes() == theirs.read_bytes():
        return ""
    told, found = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in (ours, theirs))
    if list(told.columns) != list(found.columns):
        return f"columns {', '.join(told.columns)} are {', '.join(found.columns)} when scored"
    if len(told) != len(found):
        return f"{len(told)} rows are {len(found)} when scored"

    differs = (told != found).any(axis=1)
    if not differs.any():
        return "the same cells in other bytes"
    row = int(differs.to_numpy().argmax())
    pairs = zip(told.columns, told.loc[row], found.loc[row], strict=True)
    cells = [(name, one_side, other) for name, one_side, other in pairs]
    where = ", ".join(f"{name} {value}" for name, value, other in cells if value == other and value)
    what = ", ".join(f"{name} {value} is {other}" for name, value, other in cells if value != other)
    return f"{differs.sum()} of {len(told)} rows differ, the first ({where}): {what} when scored"


def _score(study: Study, task: str, build: Path) -> None:
    bundled = study.tasks[task]
    scored = bundled.settings.scored.model_copy(update={"classes": bundled.classes})
    folder = build / task
    runs = [folder / run.place / "run.json" for run in bundled.runs]
    files = files_of(bundled.settings, task, build, runs)
    write_scores(task, scored, files, *(folder / name for name in OF_TASK))


def files_of(section: StudyTask, task: str, build: Path, runs: Sequence[Path]) -> TaskFiles:
    """What a task is scored from: of training, and of the test where that is elsewhere."""
    elsewhere = section.place_of_test(task)
    tested = TestTables(*_tables(build, section.tested_corpus, elsewhere))
    is_home = section.test_corpus is None
    return TaskFiles(*_tables(build, section.corpus, task), runs, None if is_home else tested)


def _tables(build: Path, corpus: str, place: str) -> tuple[Path, Path, Path]:
    """Utterances of a corpus; labels and splits that lie at `place`."""
    folder = build / place
    return build / corpus / "utterances.csv", folder / "labels.csv", folder / "splits.csv"
