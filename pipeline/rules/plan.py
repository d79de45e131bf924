"""What the workflow has to make: every run, every file.

What decides a rule: `pipeline.rules.decisions`. Nothing here reads data: folds, rates and shards
are known from the configuration, and media without a table from the names of files.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.base.artefacts import (
    features_place,
    mask_place,
    report_place,
    run_place,
    safe_name,
    trace_place,
)
from pipeline.base.records import MODALITIES, Modality
from pipeline.base.set_names import on_corpus
from pipeline.config.conditions import parse_condition
from pipeline.config.configuration import Config
from pipeline.config.feature_sets import sets_of
from pipeline.config.methods import STRATEGIES, parse_train_rate
from pipeline.config.settings import dump
from pipeline.config.studies import UNNAMED
from pipeline.corpora.clips import clips

RUN_FILES = (
    *("weights.safetensors", "history.csv", "run.json"),
    *("predictions.csv", "calibration.json"),
)


@dataclass(frozen=True, order=True)
class Run:
    """One training: which method on which task, at which rate or condition, fold and seed."""

    task: str
    method: str
    train_rate: str
    fold: int
    seed: int

    @property
    def folder(self) -> str:
        """Where its artefacts lie."""
        place = run_place(self.method, self.train_rate, self.fold, self.seed)
        return f"build/{self.task}/{place}"


class Plan:
    """A validated configuration, seen as artefacts and rules."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._clips: dict[str, dict[str, str]] = {}

    @property
    def study(self) -> str:
        """Name of the study, and of its folder in build/report."""
        return self.config.report.name or UNNAMED

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that are trained and scored."""
        return self.config.train.tasks or tuple(self.config.tasks)

    def modalities(self, corpus: str) -> tuple[Modality, ...]:
        """Modalities that a corpus has: those that its tasks use, or all."""
        tasks = self.config.tasks.values()
        used = [set(t.modalities) for t in tasks if corpus in (t.corpus, t.tested_corpus)]
        return tuple(
            m for m in MODALITIES if not used or any(m in modalities for modalities in used)
        )

    def extraction(self, task: str, method: str) -> dict[str, Any] | None:
        """What makes the features of a run (pipeline.config.extraction); None: imported ones."""
        settings = self.config.tasks[task]
        if self.config.corpora[settings.corpus].import_ is not None:
            return None
        chosen = self.config.trained[method].features
        found = {m: self.config.encodings[chosen, m] for m in settings.sorted_modalities}
        features = {m: dump(encoding.settings) for m, encoding in found.items()}
        faces = dump(self.config.crop_faces) if "visual" in features else None
        return {"features": features, "crop_faces": faces}

    def encodings(self, corpus: str) -> tuple[str, ...]:
        """Names of what a corpus has of its modalities: of several sets of features, each once."""
        modalities = self.modalities(corpus)
        if self.config.corpora[corpus].import_ is not None:
            return modalities
        made = self.config.encoders.values()
        return tuple(found.name for m in modalities for found in made if found.modality == m)

    def features(self, task: str, method: str | None = None) -> list[str]:
        """Joined features of a task's modalities: those of a method's set, or of the first."""
        config, settings = self.config, self.config.tasks[self.task_of(task)]
        chosen = config.trained[method].features if method else next(iter(sets_of(config.features)))
        names = [config.encodings[chosen, modality].name for modality in settings.modalities]
        return [f"build/{self.corpus(task)}/{features_place(name)}" for name in names]

    def tasks_of(self, corpus: str) -> list[str]:
        """Tasks of a corpus that are trained and scored, and tests of others on it."""
        names = [*self.tasks, *(test for test, task in self.tests.items() if task in self.tasks)]
        return [name for name in names if self.corpus(name) == corpus]

    @cached_property
    def tests(self) -> dict[str, str]:
        """Tasks that are tested on another corpus, by the name of what is made there."""
        tasks = self.config.tasks.items()
        return {on_corpus(task, t.test_corpus): task for task, t in tasks if t.test_corpus}

    def task_of(self, name: str) -> str:
        """The task of a test on another corpus; a task itself."""
        return self.tests.get(name, name)

    def tested(self, task: str) -> str:
        """What holds labels, splits and masks of the test: the task, or its test elsewhere."""
        return self.config.tasks[task].place_of_test(task)

    def corpus(self, name: str) -> str:
        """The corpus of a task, or of the test of one elsewhere."""
        settings = self.config.tasks[self.task_of(name)]
        return settings.tested_corpus if name in self.tests else settings.corpus

    def clips(self, corpus: str) -> dict[str, str]:
        """Media in which speech is found, by name; none where a table says what is in them."""
        if corpus not in self._clips:
            settings = self.config.corpora[corpus]
            root = Path(settings.root)
            is_found = (
                self.config.speech is not None
                and settings.reader == "folder"
                and root.is_dir()
                and not (root / settings.utterances).exists()
            )
            self._clips[corpus] = clips(root) if is_found else {}
        return self._clips[corpus]

    def folds(self, task: str) -> tuple[int, ...]:
        """Folds of a task that are run."""
        folds = self.config.tasks[task].folds
        return folds.only or tuple(range(folds.n_folds))

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the missing rates of the protocol."""
        return tuple(str(rate) for rate in self.config.protocol.rates)

    def conditions(self, task: str) -> tuple[str, ...]:
        """Names of all that a task is tested under: rates, then its other conditions."""
        return tuple(
            dict.fromkeys((*self.rates, *self.config.tasks[self.task_of(task)].condition_names))
        )

    def name_of(self, place: str) -> str:
        """The condition, or the strategy of training, that has this place in names of files."""
        return self._names.get(place, place)

    @cached_property
    def _names(self) -> dict[str, str]:
        names = [name for task in self.config.tasks for name in self.conditions(task)]
        return {safe_name(name): name for name in (self.config.train.train_rate, *names)}

    def train_rates(self, task: str, method: str) -> tuple[str, ...]:
        """What a method is trained at: one rate for UME, 0.0 for complete, each for IME."""
        wanted = self.config.trained[method].method.evaluations
        unified = (self.config.train.train_rate,) if "ume" in wanted else ()
        complete = ("0.0",) if "complete" in wanted else ()
        independent = self.conditions(task) if "ime" in wanted else ()
        return tuple(dict.fromkeys(unified + complete + independent))

    def test_rates(self, task: str, method: str, train_rate: str) -> tuple[str, ...]:
        """What a run is tested under: all conditions under UME, its own under IME."""
        is_unified = "ume" in self.config.trained[method].method.evaluations
        if is_unified and train_rate == self.config.train.train_rate:
            return self.conditions(task)
        return (train_rate,)

    def runs(self, task: str) -> list[Run]:
        """Every training of a task."""
        return [
            Run(task, method, train_rate, fold, seed)
            for method in self.config.trained
            for train_rate in self.train_rates(task, method)
            for fold in self.folds(task)
            for seed in self.config.train.seeds
        ]

    def traced(self, task: str) -> dict[str, Run]:
        """For each form of ITEACNet the run that is looked into: its first one."""
        train = self.config.train
        trained = self.config.trained.values()
        methods = [entry.name for entry in trained if entry.method.model == "iteacnet"]
        return {
            method: Run(task, method, rates[0], self.folds(task)[0], train.seeds[0])
            for method in methods
            if (rates := self.train_rates(task, method)) and train.seeds
        }

    def traces(self, task: str) -> list[str]:
        """Files of what these runs do inside."""
        return [f"build/{task}/{trace_place(method)}" for method in self.traced(task)]

    def validation_rates(self, train_rate: str) -> tuple[str, ...]:
        """Rates that a training is validated at: its own if constant, else all (reading.md A.6)."""
        if parse_train_rate(train_rate) in STRATEGIES:
            return self.rates
        return (parse_condition(train_rate).name,)

    def masks(self, task: str, conditions: Iterable[str] | None = None) -> list[str]:
        """Files of the stored masks of a task: of these conditions, or of all that it has."""
        chosen = self.conditions(task) if conditions is None else conditions
        names = [parse_condition(name).name for name in chosen]
        seed = self.config.protocol.mask_seed
        return [f"build/{task}/{mask_place(name, seed)}" for name in names]

    def files(self) -> list[str]:
        """Everything that is made, so that whatever is deleted is made again."""
        corpora = [path for corpus in self.config.corpora for path in self._corpus_files(corpus)]
        tasks = [path for task in self.tasks for path in self._task_files(task)]
        page = f"build/{report_place(self.study)}/index.html"
        return [*corpora, *tasks, "build/parameters.csv", page]

    def _corpus_files(self, corpus: str) -> list[str]:
        modalities = self.modalities(corpus)
        names = ["utterances.csv", "annotations.csv", "corpus.json", "tasks.json"]
        encodings = self.encodings(corpus)
        names += [features_place(encoding) for encoding in encodings]
        shards = range(0 if self.config.corpora[corpus].import_ else self.config.shards)
        for shard in shards:
            names += [f"manifest/{shard}.csv", f"manifest/{shard}.json"]
            names += [f"shards/{encoding}/{shard}.safetensors" for encoding in encodings]
            names += [f"faces/{shard}.csv"] if "visual" in modalities else []
        return [f"build/{corpus}/{name}" for name in names]

    def _task_files(self, task: str) -> list[str]:
        names = ("labels", "splits", "scores", "reliability")
        tables = [f"build/{task}/{name}.csv" for name in names]
        runs = [f"{run.folder}/{name}" for run in self.runs(task) for name in RUN_FILES]
        if (test := self.tested(task)) != task:
            tables += [f"build/{test}/{name}.csv" for name in ("labels", "splits")]
            tables += self.masks(test)
        return [*tables, *self.masks(task), *runs, *self.traces(task)]
