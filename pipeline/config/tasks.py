"""`tasks` and `protocol`: labels, folds, missing rates."""

import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from models.vocabulary import Kind
from pipeline.config.conditioned import Conditioned
from pipeline.config.faults import refusal
from pipeline.config.settings import ClassName, Distinct, Name, Rate, Section

TaskKind = Kind
ProtocolName = Literal["paper", "strict"]
GeneratorName = Literal["gcnet", "exact"]
Positive = Annotated[float, Field(gt=0)]
# As tables are read: accents as one letter, however they were typed.
Written = Annotated[str, AfterValidator(partial(unicodedata.normalize, "NFC"))]
Metrics = Literal["classes", "sentiment", "dimensional"]
ScoreName = Literal["weighted_f1", "macro_f1", "ccc"]

MAJORITY = "majority"  # how tables call their floor: always the commonest label of training
TRAINING_MEAN = "training_mean"  # the floor of dimensional tasks: always the mean of training
FLOORS = (MAJORITY, TRAINING_MEAN)
SIGNS = ("negative", "positive")  # the two classes of sentiment, on either side of its middle
# What epochs may be selected by and tables may show; the first is taken where nothing is said.
SCORES: Mapping[Metrics, tuple[ScoreName, ...]] = {
    "classes": ("weighted_f1", "macro_f1"),
    "sentiment": ("weighted_f1",),
    "dimensional": ("ccc",),
}


class FoldRule(Section):
    """Who tests whom."""

    by: Literal["sessions", "official", "dialogues", "speakers"]
    """Sessions: one held out per fold; official: the `split` annotation, one fold; else k folds of
    whole dialogues, or of whole groups of speakers."""
    k: Annotated[int, Field(ge=2, le=100)] = 5
    """Number of folds; under sessions, of sessions."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Decides between dialogues of one size."""
    annotation: Written = "split"
    """Official: the annotation that holds the role."""


class FoldsSettings(FoldRule):
    """`tasks.<name>.folds`: the rule, and which of its folds are run."""

    only: Annotated[tuple[int, ...], Distinct] = ()
    """Run just these folds, counted from 0; [] = all."""

    @property
    def n_folds(self) -> int:
        """How many folds there are, known before any data is read."""
        return 1 if self.by == "official" else self.k

    @model_validator(mode="after")
    def _only_names_folds(self) -> "FoldsSettings":
        if unknown := sorted(set(self.only) - set(range(self.n_folds))):
            message = f"there are no folds {unknown}, only 0 to {self.n_folds - 1}"
            raise refusal(("only",), message)
        return self


class LabeledTask(Section):
    """What gives a task its labels and splits."""

    kind: TaskKind = "classification"
    """Classes, or numbers."""
    annotation: Written = "emotion"
    """The annotation of the corpus that is the target."""
    classes: dict[ClassName, tuple[Written, ...]] = {}
    """Class: the annotation's values that it stands for; the order is that of the tables."""
    metrics: Metrics | None = None
    """Sentiment: on which side of `center` values lie; dimensional: CCC, MAE, RMSE, Pearson; null =
    classes where there are any, sentiment for annotations called so, else dimensional."""
    scale: tuple[float, float] | None = None
    """Regression: the lowest and the highest value of a label, e.g. [1, 5]; null = any."""
    center: float | None = None
    """Regression: the middle of the scale, e.g. 3 of 1 to 5, from which the networks learn the
    distance; null = the middle of `scale`, else 0."""
    folds: FoldRule
    """Who trains, validates and tests."""

    @property
    def measured(self) -> Metrics:
        """What the task measures, by its kind and its target where it does not say."""
        is_sentiment = self.annotation.startswith("sentiment")
        return self.metrics or _metrics(self.kind, is_sentiment)

    @property
    def middle(self) -> float:
        """What labels are measured from."""
        if self.center is not None:
            return self.center
        return sum(self.scale) / 2 if self.scale else 0.0

    @model_validator(mode="after")
    def _metrics_belong_to_the_kind(self) -> "LabeledTask":
        if (self.measured == "classes") != (self.kind == "classification"):
            fitting = "classes" if self.kind == "classification" else "sentiment or dimensional"
            message = f"a {self.kind} is measured by {fitting}"
            raise refusal(("metrics",), message, self.metrics)
        return self

    @model_validator(mode="after")
    def _the_middle_lies_in_the_scale(self) -> "LabeledTask":
        if self.scale is None:
            return self
        if self.kind == "classification":
            raise refusal(("scale",), "only a regression has a scale", list(self.scale))
        low, high = self.scale
        if not low < high:
            raise refusal(("scale",), "must be the lowest, then the highest value", [low, high])
        if not low <= self.middle <= high:
            raise refusal(("center",), f"must lie in the scale, {low:g} to {high:g}", self.center)
        return self

    @model_validator(mode="after")
    def _classes_belong_to_classification(self) -> "LabeledTask":
        if (self.kind == "classification") != bool(self.classes):
            raise ValueError("`classes` is needed for classification, and only there")
        if self.center and self.kind == "classification":
            raise refusal(("center",), "only a regression has a centre", self.center)
        if empty := sorted(name for name, group in self.classes.items() if not group):
            raise refusal(("classes", empty[0]), "a class without values: list at least one", [])
        values = [value for group in self.classes.values() for value in group]
        if twice := sorted({value for value in values if values.count(value) > 1}):
            raise refusal(("classes",), f"{twice} stand in more than one class, or twice in one")
        return self


class TaskSettings(LabeledTask, Conditioned):
    """`tasks.<name>`: labels, splits and metrics on one corpus."""

    corpus: Name
    """The corpus that it is about."""
    folds: FoldsSettings
    """Who trains, validates and tests."""
    class_weights: Literal["balanced"] | dict[ClassName, Positive] | None = None
    """Weights of the classes in the loss of training: balanced = the rarer among the training
    labels, the heavier, all classes alike in sum; or a number for each class, 1 where none is
    named; null = none."""
    score: ScoreName | None = None
    """What epochs are selected by and tables show: weighted_f1 or, of classes, macro_f1; ccc of
    dimensional tasks; null = the first that fits."""

    @property
    def scored(self) -> "ScoredTask":
        """What scoring and training read of it."""
        return ScoredTask(
            kind=self.kind,
            classes=tuple(self.classes),
            center=self.middle,
            metrics=self.measured,
            score=self.score,
            class_weights=self.class_weights,
        )

    @model_validator(mode="after")
    def _class_weights_belong_to_classes(self) -> "TaskSettings":
        if self.class_weights is None:
            return self
        if self.kind != "classification":
            raise refusal(("class_weights",), "only classes have weights", self.class_weights)
        named = () if self.class_weights == "balanced" else self.class_weights
        if unknown := sorted(set(named) - set(self.classes)):
            raise refusal(("class_weights",), f"{unknown} are no classes of {list(self.classes)}")
        return self

    @model_validator(mode="after")
    def _score_belongs_to_the_metrics(self) -> "TaskSettings":
        known = SCORES[self.measured]
        if self.score is not None and self.score not in known:
            message = f"metrics {self.measured} are selected by {' or '.join(known)}"
            raise refusal(("score",), message, self.score)
        return self


class ProtocolSettings(Section):
    """`protocol`."""

    name: ProtocolName = "strict"
    """Strict: a validation part selects epochs; paper: IEMOCAP selects on the test session."""
    rates: Annotated[tuple[Rate, ...], Field(min_length=1), Distinct] = (
        *(0.0, 0.1, 0.2, 0.3),
        *(0.4, 0.5, 0.6, 0.7),
    )
    """Missing rates of the test."""
    generator: GeneratorName = "gcnet"
    """Gcnet: the rate is met within 0.005; exact: an exact count."""
    mask_seed: Annotated[int, Field(ge=0)] = 7000
    """Test masks are drawn once from it and shared by all methods."""
    standardize: bool = False
    """Features by mean and deviation of the training role."""


class ScoredTask(Section):
    """What scoring and training read of a task: its kind, its classes in order of index."""

    kind: TaskKind = "classification"
    """Classes, or numbers."""
    classes: tuple[ClassName, ...] = ()
    """Names of the classes, in order of index."""
    center: float = 0.0
    """Regression: what labels were measured from."""
    metrics: Metrics | None = None
    """What is measured; null = classes or, of numbers, sentiment."""
    score: ScoreName | None = None
    """What epochs are selected by and tables show; null = the first that fits."""
    class_weights: Literal["balanced"] | dict[ClassName, Positive] | None = None
    """Weights of the classes in the loss of training; null = none."""

    @property
    def measured(self) -> Metrics:
        """What is measured; runs of former versions do not say it."""
        return self.metrics or _metrics(self.kind, is_sentiment=True)

    @property
    def main_score(self) -> ScoreName:
        """What epochs are selected by and tables show."""
        return self.score or SCORES[self.measured][0]


def _metrics(kind: TaskKind, is_sentiment: bool) -> Metrics:
    if kind == "classification":
        return "classes"
    return "sentiment" if is_sentiment else "dimensional"
