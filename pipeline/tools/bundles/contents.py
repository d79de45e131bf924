"""What of a build folder goes into a bundle: all that scoring reads, nothing of what was said.

A bundle holds a build folder in which the corpus is a skeleton: of an utterance its id, its
dialogue and its turn; of its features whether there were any, and why not. No words, no speakers,
no names of files, no vectors, no weights.
"""

import json
import math
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.base.arrays import read_some
from pipeline.base.artefacts import features_place, mask_place
from pipeline.base.records import MODALITIES, Modality, Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.config.about import Provenance
from pipeline.config.settings import dump
from pipeline.config.tasks import FLOORS
from pipeline.evaluation.calibration import FILE
from pipeline.features.store import FeatureStore, StoreHeader, write_store
from pipeline.report.method_views import method_views
from pipeline.report.study import StudySettings
from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.study import (
    BUILD,
    BundledCorpus,
    BundledEncoder,
    BundledMethod,
    BundledRun,
    BundledTask,
    Study,
)

NOBODY = ("", "", "")  # speaker, session, media
RUN_FILES = ("run.json", "predictions.csv", FILE)


def gather(settings: StudySettings, build: Path, folder: Path) -> Study:
    """Copy what belongs to a study from `build` to a build folder below `folder`."""
    _refuse_what_no_bundle_holds(settings)
    runs = {name: _runs(settings, build / name) for name in settings.tasks}
    if not any(runs.values()):
        raise BundleError("the study trains nothing: there is nothing to score")

    names = {settings.tasks[task].corpus for task in runs}
    study = Study(
        title=settings.report.title,
        main=settings.report.main,
        reference=settings.report.reference,
        train_rate=settings.train.train_rate,
        protocol=settings.protocol,
        methods=tuple(_methods(settings)),
        corpora={name: _corpus(name, runs, settings, build, folder) for name in sorted(names)},
        tasks={
            name: BundledTask(settings=task, classes=settings.classes[name], runs=tuple(runs[name]))
            for name, task in settings.tasks.items()
        },
    )

    for task in study.tasks:
        _copy_task(study, task, build, folder)
    return study


def _refuse_what_no_bundle_holds(settings: StudySettings) -> None:
    """A bundle holds tasks on their own corpus, with one set of encoders."""
    if settings.first_set:
        raise BundleError("the study has several sets of encoders (`features`), a bundle one")
    for name, task in settings.tasks.items():
        if task.test_corpus is not None:
            raise BundleError(f"tasks.{name} has a test_corpus: bundles hold a task's own")


def _runs(settings: StudySettings, task: Path) -> list[BundledRun]:
    """Runs in the order of scores.csv, which is that of the plan."""
    path = task / "scores.csv"
    if not path.is_file():
        raise BundleError(f"{path} is not there: `snakemake` makes it")
    names = ["method", "train_rate", "fold", "seed"]

    types = {"method": str, "train_rate": str}
    rows = pd.read_csv(path, dtype=types, usecols=names, keep_default_na=False)
    trained = rows[~rows["method"].isin(FLOORS)].drop_duplicates()
    if set(trained["method"]) != set(settings.train.methods):
        raise BundleError(
            f"{path} holds scores of {', '.join(sorted(set(trained['method'])))}, the study has "
            f"{', '.join(sorted(settings.train.methods))}: another configuration made it since; "
            "run `snakemake` with this one"
        )
    return [
        BundledRun(method=row.method, train_rate=row.train_rate, fold=row.fold, seed=row.seed)
        for row in trained.itertuples()
    ]


def _methods(settings: StudySettings) -> list[BundledMethod]:
    views = method_views(settings.methods, settings.train.methods)
    return [
        BundledMethod(
            name=view.name,
            label=view.label,
            model=view.model,
            evaluations=settings.methods[view.name].evaluations,
            settings=dump(settings.methods[view.name].settings),
        )
        for view in views
    ]


def _corpus(
    name: str,
    runs: dict[str, list[BundledRun]],
    settings: StudySettings,
    build: Path,
    folder: Path,
) -> BundledCorpus:
    """Write the skeleton of a corpus; a run that was trained on it says what it is."""
    utterances = read_rows(build / name / "utterances.csv", Utterance)
    skeleton = [
        Utterance(row.utterance_id, row.dialogue_id, row.turn, *NOBODY, 0.0, math.inf, "full", "")
        for row in utterances
    ]
    write_rows(folder / BUILD / name / "utterances.csv", skeleton, Utterance)

    tasks = [task for task, section in settings.tasks.items() if section.corpus == name]
    used = {modality for task in tasks for modality in settings.tasks[task].modalities}
    for modality in [modality for modality in MODALITIES if modality in used]:
        place = Path(name, features_place(modality))
        _write_skeleton_store(build / place, folder / BUILD / place)

    first = runs[tasks[0]][0].place
    facts = json.loads((build / tasks[0] / first / "run.json").read_text(encoding="utf-8"))
    return BundledCorpus(
        about=_provenance(name, facts, build),
        n_utterances=len(utterances),
        n_dialogues=len({row.dialogue_id for row in utterances}),
        encoders=_encoders(facts),
    )


def _write_skeleton_store(source: Path, target: Path) -> None:
    (extracted, status), header = read_some(source, ("extracted", "status"))
    names = [field.name for field in fields(StoreHeader)]
    known = {key: header[key] for key in names} | {"statuses": tuple(header["statuses"])}
    no_vectors = np.zeros((len(extracted), 0), np.float32)
    write_store(target, FeatureStore(StoreHeader(**known), no_vectors, extracted, status))


def _provenance(name: str, facts: dict[str, Any], build: Path) -> Provenance:
    if facts.get("corpus"):
        return Provenance.model_validate(facts["corpus"])
    account = json.loads((build / name / "corpus.json").read_text(encoding="utf-8"))
    return Provenance(
        name=name, reader=account["reader"], synthetic=account["is_synthetic"] or None
    )


def _encoders(facts: dict[str, Any]) -> dict[Modality, BundledEncoder]:
    """Of runs that say it: those of older versions, and of imported features, do not."""
    kept = BundledEncoder.model_fields
    told = facts.get("encoders") or {}
    return {
        modality: BundledEncoder.model_validate({key: told[modality][key] for key in kept})
        for modality in MODALITIES
        if modality in told
    }


def _copy_task(study: Study, task: str, build: Path, folder: Path) -> None:
    seed = study.protocol.mask_seed
    names = ["labels.csv", "splits.csv", "scores.csv", "reliability.csv"]
    names += [mask_place(condition, seed) for condition in study.conditions(task)]
    names += [f"{run.place}/{name}" for run in study.tasks[task].runs for name in RUN_FILES]
    for name in names:
        source, target = build / task / name, folder / BUILD / task / name
        if not source.is_file():
            raise BundleError(f"{source} is not there: run `snakemake` with this configuration")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
