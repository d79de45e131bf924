"""What of a build folder goes into a bundle: all that scoring reads, nothing of what was said.

A bundle holds a build folder in which the corpus is a skeleton: of an utterance its id, its
dialogue and its turn; of its features whether there were any, and why not. No words, no speakers,
no names of files, no vectors, no weights.
"""

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.base.arrays import read_some
from pipeline.base.artefacts import features_place, mask_place
from pipeline.base.records import Utterance
from pipeline.base.set_names import without_set
from pipeline.base.tables import read_rows, write_rows
from pipeline.config.about import PUBLISHED, AboutSettings, Provenance
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
TABLES_OF_LABELS = ("labels.csv", "splits.csv")


def gather(settings: StudySettings, build: Path, folder: Path) -> Study:
    """Copy what belongs to a study from `build` to a build folder below `folder`."""
    runs = {name: _runs(settings, build / name) for name in settings.tasks}
    if not any(runs.values()):
        raise BundleError("the study trains nothing: there is nothing to score")

    tasks = settings.tasks.values()
    names = {task.corpus for task in tasks} | {task.tested_corpus for task in tasks}
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


def _runs(settings: StudySettings, task: Path) -> list[BundledRun]:
    """Runs in the order of scores.csv, which is that of the plan."""
    path = task / "scores.csv"
    if not path.is_file():
        raise BundleError(f"{path} is not there: `snakemake` makes it")
    names = ["method", "train_rate", "fold", "seed"]

    types = {"method": str, "train_rate": str}
    rows = pd.read_csv(path, dtype=types, usecols=names, keep_default_na=False)
    trained = rows[~rows["method"].isin(FLOORS)].drop_duplicates()
    if set(trained["method"]) != set(settings.order):
        raise BundleError(
            f"{path} holds scores of {', '.join(sorted(set(trained['method'])))}, the study has "
            f"{', '.join(sorted(settings.order))}: another configuration made it since; "
            "run `snakemake` with this one"
        )
    return [
        BundledRun(method=row.method, train_rate=row.train_rate, fold=row.fold, seed=row.seed)
        for row in trained.itertuples()
    ]


def _methods(settings: StudySettings) -> list[BundledMethod]:
    views = method_views(settings.methods, settings.order, settings.first_set)
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
    """Write the skeleton of a corpus; a run that was trained on it, if any, says what it is."""
    utterances = read_rows(build / name / "utterances.csv", Utterance)
    skeleton = [
        Utterance(row.utterance_id, row.dialogue_id, row.turn, *NOBODY, 0.0, math.inf, "full", "")
        for row in utterances
    ]
    write_rows(folder / BUILD / name / "utterances.csv", skeleton, Utterance)

    tasks = settings.tasks.values()
    used = [task for task in tasks if name in (task.corpus, task.tested_corpus)]
    modalities = {modality for task in used for modality in task.modalities}
    encoders: dict[str, BundledEncoder] = {}
    for encoding in settings.corpora[name]:
        if without_set(encoding) in modalities:
            place = Path(name, features_place(encoding))
            encoders[encoding] = _write_skeleton_store(build / place, folder / BUILD / place)

    trained = [task for task, section in settings.tasks.items() if section.corpus == name]
    return BundledCorpus(
        about=_provenance(name, [build / task / runs[task][0].place for task in trained], build),
        n_utterances=len(utterances),
        n_dialogues=len({row.dialogue_id for row in utterances}),
        encoders=encoders,
    )


def _write_skeleton_store(source: Path, target: Path) -> BundledEncoder:
    """Write a store without its vectors; what made them."""
    (extracted, status), header = read_some(source, ("extracted", "status"))
    names = [field.name for field in fields(StoreHeader)]
    known = {key: header[key] for key in names} | {"statuses": tuple(header["statuses"])}
    no_vectors = np.zeros((len(extracted), 0), np.float32)
    write_store(target, FeatureStore(StoreHeader(**known), no_vectors, extracted, status))
    return BundledEncoder.model_validate({key: header[key] for key in BundledEncoder.model_fields})


def _provenance(name: str, runs: Sequence[Path], build: Path) -> Provenance:
    for run in runs[:1]:
        facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
        if facts.get("corpus"):
            return Provenance.model_validate(facts["corpus"])
    account = json.loads((build / name / "corpus.json").read_text(encoding="utf-8"))
    known = dump(PUBLISHED.get(account["reader"], AboutSettings()))
    made = {"synthetic": True} if account["is_synthetic"] else {}
    return Provenance.model_validate({**known, "name": name, "reader": account["reader"], **made})


def _copy_task(study: Study, task: str, build: Path, folder: Path) -> None:
    seed, bundled = study.protocol.mask_seed, study.tasks[task]
    tested = bundled.settings.place_of_test(task)
    masks = [mask_place(condition, seed) for condition in study.conditions(task)]
    runs = [f"{run.place}/{name}" for run in bundled.runs for name in RUN_FILES]
    names = [f"{task}/{name}" for name in ("scores.csv", "reliability.csv", *runs)]
    names += [f"{place}/{name}" for place in {task, tested} for name in TABLES_OF_LABELS]
    names += [f"{tested}/{name}" for name in masks]
    for name in names:
        source, target = build / name, folder / BUILD / name
        if not source.is_file():
            raise BundleError(f"{source} is not there: run `snakemake` with this configuration")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
