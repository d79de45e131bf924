"""`tasks` and `protocol`: labels, folds, missing rates."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.settings import Name, Rate, Section

Generator = Literal["gcnet", "exact"]


class FoldRule(Section):
    """Who tests whom.

    sessions: one session held out per fold; official: the `split` annotation, one fold;
    dialogues: k folds of whole dialogues; speakers: k folds of whole groups of speakers.
    """

    by: Literal["sessions", "official", "dialogues", "speakers"]
    k: Annotated[int, Field(ge=2, le=100)] = 5
    seed: Annotated[int, Field(ge=0)] = 0
    annotation: str = "split"  # official: the annotation that holds the role


class FoldsSettings(FoldRule):
    """`tasks.<name>.folds`: the rule, and which of its folds are run."""

    only: tuple[int, ...] = ()  # run just these folds; () = all

    @property
    def n_folds(self) -> int:
        """How many folds there are, known before any data is read."""
        return 1 if self.by == "official" else self.k

    @model_validator(mode="after")
    def _only_names_folds(self) -> "FoldsSettings":
        if unknown := sorted(set(self.only) - set(range(self.n_folds))):
            raise ValueError(f"only: {unknown} are no folds; there are 0 to {self.n_folds - 1}")
        return self


class LabeledTask(Section):
    """What gives a task its labels and splits."""

    kind: Literal["classification", "regression"] = "classification"
    annotation: str = "emotion"
    classes: dict[Name, tuple[str, ...]] = {}  # class -> annotation values; order = class index
    folds: FoldRule

    @model_validator(mode="after")
    def _classes_belong_to_classification(self) -> "LabeledTask":
        if (self.kind == "classification") != bool(self.classes):
            raise ValueError("`classes` is needed for classification, and only there")
        values = [value for group in self.classes.values() for value in group]
        if twice := sorted({value for value in values if values.count(value) > 1}):
            raise ValueError(f"classes: {twice} stand in more than one class")
        return self


class TaskSettings(LabeledTask):
    """`tasks.<name>`: labels, splits and metrics on one corpus."""

    corpus: Name
    folds: FoldsSettings
    modalities: tuple[Literal["audio", "text", "visual"], ...] = ("audio", "text", "visual")


class ProtocolSettings(Section):
    """`protocol`: FACTS A.6, B.4, E."""

    name: Literal["paper", "strict"] = "strict"  # paper: IEMOCAP selects on the test session
    rates: tuple[Rate, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    generator: Generator = "gcnet"
    mask_seed: Annotated[int, Field(ge=0)] = 7000
    standardize: bool = False  # by mean and deviation of the training role


class ScoredTask(Section):
    """What scoring and training read of a task: its kind, its classes in order of index."""

    kind: Literal["classification", "regression"] = "classification"
    classes: tuple[Name, ...] = ()
