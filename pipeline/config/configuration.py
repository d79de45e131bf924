"""config.yaml as one typed model. The Snakefile validates here before it plans anything."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, model_validator

from pipeline.base.errors import SettingsError
from pipeline.config.corpora import CorpusSettings
from pipeline.config.faces import CropFacesSettings
from pipeline.config.faults import Place, did_you_mean, refusal
from pipeline.config.features import FeaturesSettings
from pipeline.config.methods import MethodSettings, TrainSettings, fault_of_rate, kind_of
from pipeline.config.report import ReportSettings
from pipeline.config.settings import Name, PathText, Section, parse_section
from pipeline.config.speech import SpeechSettings
from pipeline.config.studies import study_name
from pipeline.config.tasks import FLOORS, ProtocolSettings, TaskSettings
from pipeline.config.yaml_files import YamlFile, read_yaml

MAX_RUNS = 20_000  # Snakemake plans about a thousand a second
QUOTING = "on a command line quote it twice: --config 'root=\"My #1: clips\"'"


class Config(Section):
    """The whole of config.yaml."""

    root: PathText | None = None
    """Shorthand on the command line: the root of the corpus, or of all if they share one."""
    cache: PathText = "cache"
    """Where finished work is kept per utterance and per run; safe to delete."""
    shards: Annotated[int, Field(ge=1, le=1024)] = 2
    """Extraction jobs per corpus and modality: more shards, more jobs side by side."""
    corpora: Annotated[dict[Name, CorpusSettings], Field(min_length=1)]
    """Corpora own media and features; the names are yours."""
    speech: SpeechSettings | None = None
    """Reader folder without a table: find utterances; null = each file is one."""
    crop_faces: CropFacesSettings = CropFacesSettings()
    """How faces are found and cut out."""
    features: FeaturesSettings = FeaturesSettings()
    """One encoder per modality."""
    tasks: dict[Name, TaskSettings] = {}
    """Tasks own labels, folds, runs and scores; several may share a corpus."""
    protocol: ProtocolSettings = ProtocolSettings()
    """What is withheld, and how an epoch is chosen."""
    methods: dict[Name, MethodSettings] = {"iteacnet": kind_of("iteacnet")(model="iteacnet")}
    """Methods: a model, its settings, and how it is judged."""
    train: TrainSettings = TrainSettings()
    """What is trained."""
    report: ReportSettings = ReportSettings()
    """The page build/report/NAME/index.html."""

    @model_validator(mode="after")
    def _names_are_defined(self) -> "Config":
        for task, settings in self.tasks.items():
            _known(settings.corpus, self.corpora, ("tasks", task, "corpus"))
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
                _known(name, dict.fromkeys(self.train.methods), ("report", key))
        main = self.report.main or next(iter(self.train.methods), None)
        if main is not None and main == self.report.reference:
            message = "is the main method (report.main, else the first of train.methods)"
            raise refusal(("report", "reference"), message, self.report.reference)

        if floors := [name for name in FLOORS if name in self.methods]:
            message = "tables call the floor so; choose another name"
            raise refusal(("methods", floors[0]), message, floors[0])
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
        methods = [self.methods[name].evaluations for name in self.train.methods]
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

    named = _name_study(_place_root(dict(values)), [file.path for file in files])
    return parse_section(named, Config, where="", lines=where)


def read_config(
    path: Path, arguments: Sequence[str] = (), over: Mapping[str, Any] | None = None
) -> Config:
    """The configuration of a file with `--config` arguments over it, as Snakemake reads them.

    `over`: sections between the two.
    """
    file = read_yaml(path)
    values = _merged(file.values, over or {})
    for argument in arguments:
        key, mark, text = argument.partition("=")
        if not mark:
            raise SettingsError(f"--config {argument}: expected key=value")
        values = _merged(values, {key: _argument(key, text)})
    return parse_config(values, [file])


def as_typed(values: Mapping[str, Any], arguments: Sequence[str]) -> dict[str, Any]:
    """`values` of Snakemake with the root as it was typed: YAML would cut "My #1 clips"."""
    typed = dict(values)
    for key, mark, text in (argument.partition("=") for argument in arguments):
        if mark and key == "root":
            typed[key] = _argument(key, text)
    return typed


def _argument(key: str, text: str) -> Any:
    """The value of `--config key=text`. A root is a path, so taken as it is, less its quotes."""
    if key == "root" and not (text[:1] in "'\"" and text[-1:] == text[:1]):
        return text
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise SettingsError(f"--config {key}={text}: cannot be read as YAML: {error}") from None


def _merged(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with `over` on top, sections key by key."""
    merged = dict(values)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = _merged(dict(below or {}), value) if both else value
    return merged


def _place_root(values: dict[str, Any]) -> dict[str, Any]:
    root = values.get("root")
    if root is None:
        return values
    if not isinstance(root, str | int | float):  # `--config root=2024` is a number
        raise SettingsError(
            f"config: root: must be a folder as plain text; {QUOTING} (value: {root!r:.120})"
        )

    root, corpora = str(root), values.get("corpora")
    values["root"] = root
    if not isinstance(corpora, Mapping) or not all(
        isinstance(corpus, Mapping) for corpus in corpora.values()
    ):
        return values  # refused in parse_section, with the place

    if len({str(corpus.get("root")) for corpus in corpora.values()}) > 1:
        raise SettingsError(
            f"root={root!r} fits corpora that share a root; those of {sorted(corpora)} differ: "
            "set corpora.<name>.root instead"
        )
    return {**values, "corpora": {name: {**it, "root": root} for name, it in corpora.items()}}


def _name_study(values: dict[str, Any], files: Sequence[Path]) -> dict[str, Any]:
    """A study without a name has that of its files."""
    report = values.get("report", {})
    if not isinstance(report, Mapping) or report.get("name") is not None:
        return values  # what is no section is refused in parse_section, with the place
    return {**values, "report": {**report, "name": study_name(files)}}


def _known(name: str, table: Mapping[str, Any], place: Place) -> None:
    if name not in table:
        near = did_you_mean(name, sorted(table))
        message = f"{name!r} is not defined; use one of {sorted(table)}{near}"
        raise refusal(place, message)
