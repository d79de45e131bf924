"""Whether the parts of a study belong together: ids, labels, splits, masks and predictions.

Digests say that nothing was changed; here nothing is believed that another part contradicts. A
prediction must be of an utterance that its fold tests, of its label, and of the class that its
own probabilities put first.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.base.artefacts import mask_place
from pipeline.base.records import Label, SplitRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.base.wording import counted
from pipeline.protocol.stored_masks import StoredMasks, read_masks
from pipeline.tools.bundles.errors import BundleError, told
from pipeline.tools.bundles.rows import PREDICTIONS
from pipeline.tools.bundles.study import BUILD, BundledRun, Study

SHOWN = 3
PIECE = 20_000  # rows whose probabilities are read at once
FIRST = ["rate", "utterance_id", "dialogue_id", "target", "predicted"]


@dataclass(frozen=True)
class Tables:
    """Labels by utterance, dialogues by utterance and roles by fold and dialogue."""

    labels: Mapping[str, str]
    dialogue_of: Mapping[str, str]
    roles: Mapping[int, Mapping[str, frozenset[str]]]


@dataclass(frozen=True)
class TaskParts(Tables):
    """What a task is tested on; `home`: what it is trained on, the same or another corpus'."""

    home: Tables
    masks: Mapping[str, StoredMasks]

    def tested(self, fold: int) -> list[str]:
        """Utterances of the test role, in the order of labels.csv."""
        roles = self.roles.get(fold, {})
        return [u for u in self.labels if "test" in roles.get(self.dialogue_of[u], ())]


def read_parts(study: Study, task: str, folder: Path) -> TaskParts:
    """Read the tables and masks of a task; raises BundleError where they contradict each other."""
    bundled, build = study.tasks[task], folder / BUILD
    section, seed = bundled.settings, study.protocol.mask_seed
    with told(f"{BUILD}/{task}"):
        place = build / section.place_of_test(task)
        tested = _read_tables(build / section.tested_corpus, place)
        is_home = section.test_corpus is None
        home = tested if is_home else _read_tables(build / section.corpus, build / task)

        rows = [Label(*row) for row in tested.labels.items()]
        masks = {
            condition: read_masks(place / mask_place(condition, seed), rows)
            for condition in study.conditions(task)
        }
        _check_masks(bundled.folds, masks, len(rows))
    return TaskParts(tested.labels, tested.dialogue_of, tested.roles, home, masks)


def _read_tables(corpus: Path, place: Path) -> Tables:
    """Labels and splits at `place`, of utterances of the corpus."""
    utterances = read_rows(corpus / "utterances.csv", Utterance)
    rows = read_rows(place / "labels.csv", Label)
    dialogue_of = {row.utterance_id: row.dialogue_id for row in utterances}
    labels = {row.utterance_id: row.label for row in rows}
    if len(dialogue_of) < len(utterances) or len(labels) < len(rows):
        raise BundleError(f"{place.name}: an utterance stands twice")
    if strange := sorted(labels.keys() - dialogue_of.keys()):
        raise BundleError(f"{place.name}: labels of unknown utterances: {some(strange)}")

    roles: dict[int, dict[str, frozenset[str]]] = {}
    for row in read_rows(place / "splits.csv", SplitRow):
        of_fold = roles.setdefault(row.fold, {})
        of_fold[row.dialogue_id] = of_fold.get(row.dialogue_id, frozenset()) | {row.role}
    return Tables(labels, dialogue_of, roles)


def contradictions(study: Study, task: str, folder: Path) -> Iterator[str]:
    """What of a task's runs cannot be, one line each; a part that cannot be read is one."""
    try:
        parts = read_parts(study, task, folder)
    except BundleError as error:
        yield str(error)
        return
    for run in study.tasks[task].runs:
        place = f"{BUILD}/{task}/{run.place}"
        try:
            with told(f"{place}/{PREDICTIONS}"):
                found = list(_faults(study, task, run, parts, folder / place))
        except BundleError as error:
            found = [str(error)]
        yield from (line if line.startswith(place) else f"{place}: {line}" for line in found)


def faults_of_rows(
    table: pd.DataFrame, conditions: Sequence[str], tested: Sequence[str]
) -> Iterator[str]:
    """What columns rate and utterance_id say that is not every test utterance once a condition."""
    for name in sorted(set(table["rate"]) - set(conditions)):
        yield f"condition {name!r} is none of {', '.join(conditions)}"

    for condition in conditions:
        ids = Counter(table.loc[table["rate"] == condition, "utterance_id"])
        missing = [name for name in tested if name not in ids]
        strange = sorted(set(ids) - set(tested))
        twice = sorted(name for name, n in ids.items() if n > 1)
        for what, names in (
            ("lacks", missing),
            ("has, though the fold does not test them,", strange),
            ("has twice", twice),
        ):
            if names:
                yield (
                    f"condition {condition} {what} {counted(len(names), 'utterance')} of "
                    f"{len(tested)}: {some(names)}"
                )


def faults_of_scores(table: pd.DataFrame, classes: Sequence[str]) -> Iterator[str]:
    """Rows whose prediction is not the class that their own probabilities put first."""
    names = [f"score_{name}" for name in classes]
    scores = table[names].astype(float).to_numpy()
    chosen = table["predicted"].map({name: n for n, name in enumerate(classes)}).to_numpy()
    own = scores[np.arange(len(table)), chosen.astype(np.int64)]
    for row in np.flatnonzero(own < scores.max(axis=1)):
        best = classes[int(scores[row].argmax())]
        said = table.iloc[row]
        yield (
            f"utterance {said['utterance_id']} under condition {said['rate']}: predicted is "
            f"{said['predicted']}, of probability {own[row]:.3g}; that of {best} is "
            f"{scores[row].max():.3g}"
        )


def _faults(
    study: Study, task: str, run: BundledRun, parts: TaskParts, folder: Path
) -> Iterator[str]:
    bundled = study.tasks[task]
    path, classes = folder / PREDICTIONS, bundled.classes
    if bad := [names for names in (_header(path),) if names[:5] != FIRST]:
        yield f"columns are {', '.join(bad[0][:8])}, expected {', '.join(FIRST)}"
        return
    has_scores = all(f"score_{name}" in _header(path) for name in classes) and bool(classes)

    rows = []
    for piece in pd.read_csv(path, dtype=str, keep_default_na=False, chunksize=PIECE):
        rows.append(piece[FIRST])
        yield from _strange_values(piece, classes, parts)
        if has_scores and piece["predicted"].isin(classes).all():
            yield from faults_of_scores(piece, classes)
    table = pd.concat(rows)
    yield from faults_of_rows(table, study.tested(task, run), parts.tested(run.fold))


def _strange_values(table: pd.DataFrame, classes: Sequence[str], parts: TaskParts) -> Iterator[str]:
    """Labels and dialogues that are not those of the tables; predictions that are no answer."""
    for name, known in (("target", parts.labels), ("dialogue_id", parts.dialogue_of)):
        expected = table["utterance_id"].map(known)
        wrong = table[expected.notna() & (table[name] != expected)]
        if len(wrong):
            first = wrong.iloc[0]
            yield (
                f"{counted(len(wrong), 'row')} with another {name} than the tables, first "
                f"utterance {first['utterance_id']} under condition {first['rate']}: "
                f"{first[name]}, not {expected[wrong.index[0]]}"
            )

    strange = table[~table["predicted"].map(lambda said: is_answer(said, classes))]
    if len(strange):
        first = strange.iloc[0]
        yield (
            f"{counted(len(strange), 'prediction')} that the task does not know, first "
            f"{first['predicted'][:40]!r} of utterance {first['utterance_id']} under condition "
            f"{first['rate']}"
        )


def is_answer(text: str, classes: Sequence[str]) -> bool:
    """Whether a prediction is a class of the task or, where it has none, a number."""
    if classes:
        return text in classes
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _check_masks(folds: Sequence[int], masks: Mapping[str, StoredMasks], n_rows: int) -> None:
    for condition, stored in masks.items():
        if stored.condition.name != condition:
            raise BundleError(f"masks of {condition} say that they are of {stored.condition.name}")
        for fold in folds:
            mask = stored.folds.get(fold)
            if mask is None or mask.dtype != bool or mask.shape != (n_rows, 3):
                raise BundleError(
                    f"masks of {condition}, fold {fold}: expected {n_rows} rows of three"
                )


def _header(path: Path) -> list[str]:
    return list(pd.read_csv(path, dtype=str, nrows=0).columns)


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"
