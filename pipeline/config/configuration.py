"""config.yaml as one typed model. The Snakefile validates here before it plans anything."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from pipeline.base.errors import SettingsError
from pipeline.base.records import Modality
from pipeline.config.corpora import CorpusSettings
from pipeline.config.faces import CropFacesSettings
from pipeline.config.faults import Place, did_you_mean, refusal
from pipeline.config.feature_sets import (
    Features,
    SetMember,
    Trained,
    encodings,
    fault_of_sets,
    sets_of,
    trained,
)
from pipeline.config.features import FeaturesSettings
from pipeline.config.given import merged, name_study, place_root, read_argument
from pipeline.config.methods import MethodSettings, TrainSettings, fault_of_rate, kind_of
from pipeline.config.report import ReportSettings
from pipeline.config.settings import Apart, Name, PathText, Section, parse_section
from pipeline.config.speech import SpeechSettings
from pipeline.config.study_tasks import StudyTask
from pipeline.config.tasks import FLOORS, ProtocolSettings
from pipeline.config.yaml_files import YamlFile, read_yaml

MAX_RUNS = 20_000  # Snakemake plans about a thousand a second


class Config(Section):
    """The whole of config.yaml."""

    root: PathText | None = None
    """Shorthand on the command line: the root of the corpus, or of all if they share one."""
    cache: PathText = "cache"
    """Where finished work is kept per utterance and per run; safe to delete."""
    shards: Annotated[int, Field(ge=1, le=1024)] = 2
    """Extraction jobs per corpus and modality: more shards, more jobs side by side."""
    corpora: Annotated[dict[Name, CorpusSettings], Field(min_length=1), Apart]
    """Corpora own media and features; the names are yours."""
    speech: SpeechSettings | None = None
    """Reader folder without a table: find utterances; null = each file is one."""
    crop_faces: CropFacesSettings = CropFacesSettings()
    """How faces are found and cut out."""
    features: Features = FeaturesSettings()
    """One encoder per modality; or sets of encoders by name, `{base: {}, hubert: {audio: {...}}}`:
    a set has what it leaves out from the first, and every method is trained on every set."""
    tasks: Annotated[dict[Name, StudyTask], Apart] = {}
    """Tasks own labels, folds, runs and scores; several may share a corpus."""
    protocol: ProtocolSettings = ProtocolSettings()
    """What is withheld, and how an epoch is chosen."""
    methods: Annotated[dict[Name, MethodSettings], Apart] = {
        "iteacnet": kind_of("iteacnet")(model="iteacnet")
    }
    """Methods: a model, its settings, and how it is judged."""
    train: TrainSettings = TrainSettings()
    """What is trained."""
    report: ReportSettings = ReportSettings()
    """The page build/report/NAME/index.html."""

    @cached_property
    def trained(self) -> dict[str, Trained]:
        """Every method that is trained, on every set of features, by the name of its runs."""
        return trained(self.methods, self.train.methods, self.features)

    @cached_property
    def encodings(self) -> dict[tuple[str, Modality], SetMember]:
        """What is extracted for a set of features, of a modality."""
        return encodings(self.features)

    @cached_property
    def encoders(self) -> dict[str, SetMember]:
        """Each different encoding once, by the name of its files."""
        return {encoding.name: encoding for encoding in self.encodings.values()}

    @model_validator(mode="after")
    def _names_are_defined(self) -> "Config":
        for task, settings in self.tasks.items():
            _known(settings.corpus, self.corpora, ("tasks", task, "corpus"))
            if settings.test_corpus is not None:
                _known(settings.test_corpus, self.corpora, ("tasks", task, "test_corpus"))
        for number, method in enumerate(self.train.methods):
            _known(method, self.methods, ("train", "methods", number))
            if "complete" in self.methods[method].evaluations and 0.0 not in self.protocol.rates:
                raise refusal(
                    ("methods", method, "evaluations"),
                    "complete is judged at rate 0.0: add it to protocol.rates, now "
                    f"{list(self.protocol.rates)}",
                )

        for number, task in enumerate(self.train.tasks):
            _known(task, self.tasks, ("train", "tasks", number))
        for task in self.train.tasks or tuple(self.tasks):
            fault = fault_of_rate(self.train.train_rate, self.tasks[task].sorted_modalities)
            if fault:
                message = f"task {task} cannot be trained so: {fault}"
                raise refusal(("train", "train_rate"), message, self.train.train_rate)

        for key, name in (("main", self.report.main), ("reference", self.report.reference)):
            if name is not None:
                _known(name, self.trained, ("report", key))
        main = self.report.main or next(iter(self.trained), None)
        if main is not None and main == self.report.reference:
            message = "is the main method (report.main, else the first of train.methods)"
            raise refusal(("report", "reference"), message, self.report.reference)

        if floors := [name for name in FLOORS if name in self.methods]:
            message = "tables call the floor so; choose another name"
            raise refusal(("methods", floors[0]), message, floors[0])
        return self

    @model_validator(mode="after")
    def _sets_differ_where_they_are_used(self) -> "Config":
        for task in self.train.tasks or tuple(self.tasks):
            corpus = self.tasks[task].corpus
            if len(sets_of(self.features)) > 1 and self.corpora[corpus].import_ is not None:
                message = f"{corpus} imports its features: sets of encoders do not reach it"
                raise refusal(("tasks", task, "corpus"), message, corpus)
            if fault := fault_of_sets(self.features, self.tasks[task].sorted_modalities):
                name, message = fault
                raise refusal(("features", name), f"task {task} would be trained twice: {message}")
        return self

    @model_validator(mode="after")
    def _corpora_of_a_task_are_encoded_alike(self) -> "Config":
        """Vectors of others mean what their encoders made them mean, of whatever width they are."""
        for task, settings in self.tasks.items():
            pair = [name for name in (settings.corpus, settings.test_corpus) if name is not None]
            imported = [name for name in pair if self.corpora[name].import_ is not None]
            if len(pair) == 2 and len(imported) == 1:
                message = (
                    f"the features of {imported[0]} are imported, those of the other are made by "
                    "`features`: a model of the one cannot be tested on the other"
                )
                raise refusal(("tasks", task, "test_corpus"), message, settings.test_corpus)
        return self

    @model_validator(mode="after")
    def _methods_fit_what_is_trained(self) -> "Config":
        """What a method says of rates and modalities that no training of it has is a slip."""
        for name in self.train.methods:
            method = self.methods[name]
            if method.by_rate and not set(map(str, method.by_rate)) & self._train_rates(method):
                message = (
                    f"the method is trained at {', '.join(sorted(self._train_rates(method)))} and "
                    "at none of these rates: see `evaluations` and train.train_rate"
                )
                raise refusal(("methods", name, "by_rate"), message, list(method.by_rate))
            for task in self.train.tasks or tuple(self.tasks):
                there = self.tasks[task].sorted_modalities
                asked = getattr(method.settings, "modalities", ())
                if strange := [modality for modality in asked if modality not in there]:
                    message = f"task {task} has no {' and no '.join(strange)}, only {list(there)}"
                    raise refusal(("methods", name, "settings", "modalities"), message, list(asked))

        return self

    def _train_rates(self, method: MethodSettings) -> set[str]:
        """Rates of all trainings of a method, as runs are named by them."""
        rates = {"ime": set(map(str, self.protocol.rates)), "complete": {"0.0"}}
        ways = (
            {self.train.train_rate} if way == "ume" else rates[way] for way in method.evaluations
        )
        return set[str]().union(*ways)

    @model_validator(mode="after")
    def _demos_are_made_where_they_are_read(self) -> "Config":
        for name, corpus in self.corpora.items():
            made = f"build/{name}/raw"
            if corpus.make_demo is not None and Path(corpus.root) != Path(made):
                raise refusal(
                    ("corpora", name, "root"),
                    f"`make_demo` makes its own corpus in {made}: delete make_demo to read your "
                    f"folder (a preset of configs/ has none), or set root to {made}",
                    corpus.root,
                )
        return self

    @model_validator(mode="after")
    def _can_be_planned(self) -> "Config":
        methods = [entry.method.evaluations for entry in self.trained.values()]
        chosen = [self.tasks[name] for name in self.train.tasks or self.tasks]
        folds = [len(task.folds.only) or task.folds.n_folds for task in chosen]

        n_folds, n_runs = sum(folds), 0
        for task, n in zip(chosen, folds, strict=True):
            n_rates = len(self.protocol.rates) + len(task.condition_names) + 1
            per_fold = sum(n_rates if "ime" in ways else len(ways) for ways in methods)
            n_runs += per_fold * n * len(self.train.seeds)

        if n_runs > MAX_RUNS:
            raise refusal(
                ("train",),
                f"{n_runs:,} trainings of {len(chosen)} tasks, {len(methods)} methods, {n_folds} "
                f"folds and {len(self.train.seeds)} seeds; at most {MAX_RUNS:,} can be planned at "
                "once: use fewer, or several configurations with one cache",
            )
        return self


def parse_config(values: Mapping[str, Any], files: Sequence[YamlFile] = ()) -> Config:
    """Validate a configuration; `files` are those that it was read from, for messages."""

    def where(place: Place) -> str | None:
        # Later files win, but hold few keys: the one that knows the place best is asked first.
        for end in range(len(place), 0, -1):
            for file in reversed(files):
                if place[:end] in file.lines:
                    return file.where(place[:end])
        return None

    named = name_study(place_root(dict(values)), [file.path for file in files])
    return parse_section(named, Config, where="", lines=where)


def read_config(
    path: Path, arguments: Sequence[str] = (), over: Mapping[str, Any] | None = None
) -> Config:
    """The configuration of a file with `--config` arguments over it, as Snakemake reads them.

    `over`: sections between the two.
    """
    file = read_yaml(path)
    values = merged(file.values, over or {})
    for argument in arguments:
        key, mark, text = argument.partition("=")
        if not mark:
            raise SettingsError(f"--config {argument}: expected key=value")
        values = merged(values, {key: read_argument(key, text)})
    return parse_config(values, [file])


def _known(name: str, table: Mapping[str, Any], place: Place) -> None:
    if name not in table:
        near = did_you_mean(name, sorted(table))
        message = f"{name!r} is not defined; use one of {sorted(table)}{near}"
        raise refusal(place, message)
