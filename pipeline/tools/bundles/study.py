"""study.json of a bundle: tasks, methods and runs, all that scoring must know beside the data.

Methods stand there as words and numbers. A bundle may come from anywhere, so no module is imported
because it is named in one: the design columns of the paper's tables are read of our own methods
alone.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from models.registry import our_methods
from pipeline.base.artefacts import run_place
from pipeline.config.about import Provenance
from pipeline.config.methods import Evaluation, Method, kind_of, parse_train_rate
from pipeline.config.settings import ClassName, Name, Section
from pipeline.config.study_tasks import StudyTask
from pipeline.config.tasks import FLOORS, ProtocolSettings
from pipeline.report.method_views import MethodView, method_views
from pipeline.report.task_data import TaskResults, read_scores

BUILD, TABLES = "build", "tables"  # folders of a bundle
ONE_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
# Of a set of features other than the first: gru@hubert, audio@hubert.
SetName = Annotated[str, Field(pattern=rf"^{ONE_NAME}(@{ONE_NAME})?$")]
Text = Annotated[str, Field(max_length=2000)]
Natural = Annotated[int, Field(ge=0, lt=2**63)]


class BundledRun(Section):
    """A training, as its folder is named."""

    method: SetName
    train_rate: str
    fold: Natural
    seed: Natural

    @property
    def place(self) -> str:
        """Its folder below that of its task."""
        return run_place(self.method, self.train_rate, self.fold, self.seed)

    @field_validator("train_rate")
    @classmethod
    def _is_a_rate(cls, text: str) -> str:
        parse_train_rate(text)
        return text


class BundledMethod(Section):
    """What tables say of a method, and how it was built."""

    name: SetName
    label: Text
    model: Text
    evaluations: Annotated[tuple[Evaluation, ...], Field(min_length=1)]
    settings: dict[str, Any] = {}
    """Of a method that was trained here."""
    origin: Text = ""
    """Where predictions come from that `extend` put in; "" = trained with the others."""

    def view(self) -> MethodView:
        """As the report sees it."""
        if self.origin or self.model not in our_methods():
            return MethodView(self.name, self.label, self.model, self.evaluations)
        values = {"model": self.model, "settings": self.settings, "label": self.label}
        method: Method = kind_of(self.model).model_validate(
            {**values, "evaluations": self.evaluations}
        )
        view = method_views({self.name: method}, [self.name])[0]
        return replace(view, label=self.label)  # which names its set of features already


class BundledEncoder(Section):
    """What made the features of a modality."""

    encoder: Text
    weights: Text
    pooling: Text
    precision: Text


class BundledCorpus(Section):
    """What is said of a corpus, whose media and words are not there."""

    about: Provenance
    n_utterances: Natural
    n_dialogues: Natural
    encoders: dict[SetName, BundledEncoder] = {}
    """By the name of what it made: audio, audio@hubert."""


class BundledTask(Section):
    """A task: its settings, its classes in order of index, its runs in the order of scores.csv."""

    settings: StudyTask
    classes: tuple[ClassName, ...]
    runs: Annotated[tuple[BundledRun, ...], Field(min_length=1)]

    @property
    def folds(self) -> list[int]:
        """Folds that were run."""
        return sorted({run.fold for run in self.runs})


class Study(Section):
    """The whole of study.json."""

    title: Text
    main: SetName | None = None
    reference: SetName | None = None
    train_rate: str
    protocol: ProtocolSettings
    methods: Annotated[tuple[BundledMethod, ...], Field(min_length=1)]
    corpora: dict[Name, BundledCorpus]
    tasks: Annotated[dict[Name, BundledTask], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_known(self) -> "Study":
        names = [method.name for method in self.methods]
        if len(set(names)) < len(names) or set(names) & set(FLOORS):
            raise ValueError("methods need names of their own")
        for name, task in self.tasks.items():
            if unknown := sorted({run.method for run in task.runs} - set(names)):
                raise ValueError(f"runs of {name} name unknown methods: {', '.join(unknown)}")
            if len(set(task.runs)) < len(task.runs):
                raise ValueError(f"a run of {name} stands there twice")
            for corpus in (task.settings.corpus, task.settings.tested_corpus):
                if corpus not in self.corpora:
                    raise ValueError(f"{name} is on {corpus}, which is not described")
        return self

    def method(self, name: str) -> BundledMethod:
        """The method of that name."""
        return next(method for method in self.methods if method.name == name)

    def conditions(self, task: str) -> tuple[str, ...]:
        """Names of all that a task is tested under."""
        rates = map(str, self.protocol.rates)
        return tuple(dict.fromkeys((*rates, *self.tasks[task].settings.condition_names)))

    def tested(self, task: str, run: BundledRun) -> tuple[str, ...]:
        """What a run was tested under: all under UME, else its own."""
        is_unified = "ume" in self.method(run.method).evaluations
        if is_unified and run.train_rate == self.train_rate:
            return self.conditions(task)
        return (run.train_rate,)

    def results(self, task: str, folder: Path) -> TaskResults:
        """A scored task as the report reads it; `folder` is that of the unpacked bundle."""
        bundled = self.tasks[task]
        return TaskResults(
            name=task,
            section=bundled.settings,
            classes=bundled.classes,
            methods=tuple(method.view() for method in self.methods),
            train_rate=self.train_rate,
            protocol=self.protocol,
            scores=read_scores(folder / BUILD / task / "scores.csv"),
            build=folder / BUILD,
            main_name=self.main,
            reference_name=self.reference,
        )
