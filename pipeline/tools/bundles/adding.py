"""One more method in a study: of predictions in a table, or of the runs of another study.

Nothing is put in that could not be paired: every utterance that a fold tests, under every
condition, with the modalities that the stored masks leave it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from pipeline.base.artefacts import features_place
from pipeline.base.files import write_json
from pipeline.base.records import Label, Modality, Utterance
from pipeline.base.tables import read_rows
from pipeline.config.settings import dump
from pipeline.evaluation.calibration import FILE, Calibration
from pipeline.features.extracted import read_extracted_cells
from pipeline.tools.bundles.checking import (
    FIRST,
    faults_of_rows,
    faults_of_scores,
    is_answer,
    some,
)
from pipeline.tools.bundles.copying import copy_run, runs_judged
from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.matching import Side, coinciding
from pipeline.tools.bundles.rows import PREDICTIONS
from pipeline.tools.bundles.study import BUILD, BundledMethod, BundledRun, Study

SHOWN = 20
UNKNOWN = "its probabilities were not calibrated on a validation role here"


def with_method(study: Study, method: BundledMethod, runs: dict[str, list[BundledRun]]) -> Study:
    """The study with one more method and its runs, by task, after all others."""
    tasks = {
        name: task.model_copy(update={"runs": (*task.runs, *runs[name])})
        for name, task in study.tasks.items()
    }
    added = study.model_copy(update={"methods": (*study.methods, method), "tasks": tasks})
    return Study.model_validate(dump(added))


def add_table(side: Side, method: BundledMethod, table: pd.DataFrame) -> list[BundledRun]:
    """Write the runs of a table of predictions of a task; refuses what cannot be paired."""
    study, way = side.study, method.evaluations[0]
    faults = list(_faults(side, table))
    if faults:
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        lines = "\n  ".join(faults[:SHOWN])
        raise BundleError(f"{method.name} cannot be paired with {side.name}:\n  {lines}{more}")

    names = ["fold", "seed"] if way == "ume" else ["fold", "seed", "rate"]
    runs = []
    for key in table[names].drop_duplicates().sort_values(names).to_dict("records"):
        rows = table[(table[names] == pd.Series(key)).all(axis=1)]
        run = BundledRun(
            method=method.name,
            train_rate=str(key.get("rate", study.train_rate)),
            fold=key["fold"],
            seed=key["seed"],
        )
        _write_run(side, run, rows)
        runs.append(run)
    return runs


def add_runs(side: Side, other: Side, method: BundledMethod, name: str) -> list[BundledRun]:
    """Copy the runs of method `name` of another study; refuses them where anything differs."""
    found = coinciding(side, other)
    conditions, way = side.study.conditions(side.task), method.evaluations[0]
    if set(conditions) - set(found.conditions) or set(side.bundled.folds) - set(found.folds):
        lines = "\n  ".join(found.refused[:SHOWN])
        raise BundleError(f"{other.name} does not coincide with {side.name}:\n  {lines}")

    runs = []
    for run in runs_judged(other, name, way, conditions):
        if run.fold in side.bundled.folds:
            rate = side.study.train_rate if way == "ume" else run.train_rate
            copy = run.model_copy(update={"method": method.name, "train_rate": rate})
            under = conditions if way == "ume" else [rate]
            copy_run(other, run, side.folder / BUILD / side.task, copy, under)
            runs.append(copy)
    if not runs:
        raise BundleError(f"{other.name} has no run of {name} that is judged by {way}")
    return runs


def _faults(side: Side, table: pd.DataFrame) -> Iterator[str]:
    """What of a table cannot be paired with the others of a task."""
    conditions = side.study.conditions(side.task)
    folds = set(table["fold"])
    if folds != set(side.bundled.folds):
        yield f"folds are {sorted(folds)}, those of {side.task} are {side.bundled.folds}"
        return

    seeds = {fold: sorted(set(table.loc[table["fold"] == fold, "seed"])) for fold in sorted(folds)}
    if len({tuple(of_fold) for of_fold in seeds.values()}) > 1:
        yield f"folds have different seeds: {seeds}"
    strange = table[~table["predicted"].map(lambda said: is_answer(said, side.bundled.classes))]
    if len(strange):
        named = some(sorted(set(strange["predicted"].str[:40])))
        yield f"{len(strange)} of {len(table)} predictions are none of the task: {named}"

    for fold, of_fold in seeds.items():
        tested = side.parts.tested(fold)
        for seed in of_fold:
            rows = table[(table["fold"] == fold) & (table["seed"] == seed)]
            found = list(faults_of_rows(rows, conditions, tested))
            found = found or list(_faults_of_masks(side, fold, rows))
            yield from (f"fold {fold}, seed {seed}: {line}" for line in found)
    if not len(strange) and _has_scores(side, table):
        yield from faults_of_scores(table, side.bundled.classes)


def _has_scores(side: Side, table: pd.DataFrame) -> bool:
    names = [f"score_{name}" for name in side.bundled.classes]
    return bool(names) and set(names) <= set(table.columns)


def _faults_of_masks(side: Side, fold: int, rows: pd.DataFrame) -> Iterator[str]:
    """Utterances that were given other modalities than the stored masks leave them."""
    modalities = side.bundled.settings.sorted_modalities
    columns = side.bundled.settings.modality_columns
    extracted = extracted_cells(side, modalities)
    for condition, group in rows.groupby("rate", sort=False):
        utterances = group["utterance_id"].tolist()
        left = side.withheld(str(condition), fold, utterances)[:, columns]
        # Nobody can be given what was never extracted: what a table says of it is no matter.
        there = np.array([extracted[utterance] for utterance in utterances])
        differs = ((group[list(modalities)].to_numpy() != left) & there).any(axis=1)
        if differs.any():
            named = [name for name, is_other in zip(utterances, differs, strict=True) if is_other]
            yield (
                f"condition {condition}: {len(named)} of "
                f"{len(utterances)} utterances were given other modalities than the stored masks "
                f"leave: {some(named)}"
            )


def extracted_cells(side: Side, modalities: Sequence[Modality]) -> dict[str, list[bool]]:
    """Of each labelled utterance, which of its modalities were extracted."""
    section, build = side.bundled.settings, side.folder / BUILD
    corpus = build / section.tested_corpus
    utterances = read_rows(corpus / "utterances.csv", Utterance)
    labels = read_rows(build / section.place_of_test(side.task) / "labels.csv", Label)
    features = [corpus / features_place(modality) for modality in modalities]
    cells = read_extracted_cells(features, utterances, labels, modalities).tolist()
    return {label.utterance_id: row for label, row in zip(labels, cells, strict=True)}


def _write_run(side: Side, run: BundledRun, rows: pd.DataFrame) -> None:
    """predictions.csv in the order of conditions and of labels.csv; facts; no calibration."""
    parts, folder = side.parts, side.folder / BUILD / side.task / run.place
    order = {name: place for place, name in enumerate(parts.labels)}
    ranks = {name: place for place, name in enumerate(side.study.conditions(side.task))}
    keys = sorted(
        range(len(rows)),
        key=lambda row: (ranks[rows["rate"].iloc[row]], order[rows["utterance_id"].iloc[row]]),
    )
    table = rows.iloc[keys]
    ids = table["utterance_id"]
    table = table.assign(dialogue_id=ids.map(parts.dialogue_of), target=ids.map(parts.labels))
    scores = [f"score_{name}" for name in side.bundled.classes] if _has_scores(side, table) else []

    folder.mkdir(parents=True)
    table[[*FIRST, *scores]].to_csv(folder / PREDICTIONS, index=False, lineterminator="\n")
    write_json(folder / FILE, dump(Calibration(reason=UNKNOWN)))
    write_json(folder / "run.json", _facts(side, run) | {"device": "elsewhere"})


def _facts(side: Side, run: BundledRun) -> dict[str, object]:
    """What scoring reads of run.json."""
    return {"task": side.task, **dump(run), "selection": "unknown"}
