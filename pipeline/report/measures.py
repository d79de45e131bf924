"""How the score of a task is called and printed: F1 in percent, CCC as it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.config.tasks import Metrics, ScoreName
from pipeline.evaluation.predictions import METRICS


@dataclass(frozen=True)
class Measure:
    """A score that is higher the better; `value` of it is a share of one, as in scores.csv."""

    metric: ScoreName
    label: str  # within a sentence
    short: str  # head of a column
    is_percent: bool

    @property
    def unit(self) -> str:
        """What stands behind a number."""
        return " %" if self.is_percent else ""

    @property
    def axis(self) -> str:
        """Label of an axis."""
        return f"{self.label} (%)" if self.is_percent else self.label

    @property
    def scale(self) -> float:
        """What a number is multiplied by to be shown."""
        return 100.0 if self.is_percent else 1.0

    def caption(self) -> str:
        """The end of a table's caption."""
        name = f"{self.label[:1].upper()}{self.label[1:]}"
        return f"{name} in %" if self.is_percent else name

    def text(self, value: float, sign: str = "", digits: int = 1) -> str:
        """The number as people read it, `digits` of a percentage; "" or "+" as `sign`."""
        shown = digits if self.is_percent else 3
        return f"{self.scale * value:{sign}.{shown}f}"

    def difference(self, value: float) -> str:
        """A difference of two values: percentages differ by points."""
        return f"{self.text(value, '+')} points" if self.is_percent else self.text(value, "+")


MEASURES: Mapping[ScoreName, Measure] = {
    "weighted_f1": Measure("weighted_f1", METRICS["weighted_f1"], "WAF", True),
    "macro_f1": Measure("macro_f1", METRICS["macro_f1"], METRICS["macro_f1"], True),
    "ccc": Measure("ccc", METRICS["ccc"], METRICS["ccc"], False),
}


@dataclass(frozen=True)
class Convention:
    """A further metric: head of its column, what it means, and whether it is in percent."""

    label: str
    meaning: str
    is_percent: bool = True

    def text(self, value: float) -> str:
        """The number as people read it."""
        return f"{100 * value:.2f}" if self.is_percent else f"{value:.3f}"


FURTHER: Mapping[Metrics, Mapping[str, Convention]] = {
    "classes": {
        "accuracy": Convention("WA", "weighted accuracy, the share of utterances that are right"),
        "unweighted_accuracy": Convention(
            "UA", "unweighted accuracy, the mean recall over classes"
        ),
    },
    "sentiment": {
        "binary_accuracy_nonzero": Convention(
            "Acc-2 ≠0", "sign > 0, utterances of target 0 left out"
        ),
        "binary_accuracy_nonnegative": Convention("Acc-2 ≥0", "sign ≥ 0, all utterances"),
        "weighted_f1_nonnegative": Convention("F1 ≥0", "weighted F1 of sign ≥ 0, all utterances"),
        "seven_class_accuracy": Convention("Acc-7", "rounded and clipped to [-3, 3]"),
        "mean_absolute_error": Convention(
            "MAE", "mean absolute error, lower is better, not in %", False
        ),
        "correlation": Convention("Corr", "Pearson's correlation, not in %", False),
    },
    "dimensional": {
        "correlation": Convention(
            "Pearson", "Pearson's correlation, blind to shifts and stretches", False
        ),
        "mean_absolute_error": Convention(
            "MAE", "mean absolute error in units of the scale, lower is better", False
        ),
        "root_mean_squared_error": Convention(
            "RMSE", "root mean squared error in units of the scale, lower is better", False
        ),
    },
}
MEANINGS: Mapping[ScoreName, str] = {
    "weighted_f1": "weighted F1, the F1 of each class weighted by how often it is the target",
    "macro_f1": "plain mean of the F1 of each class",
    "ccc": "Lin's concordance: 1 for equal values alone, 0 for a constant",
}
MAIN: Mapping[ScoreName, Convention] = {
    name: Convention(measure.short, MEANINGS[name], measure.is_percent)
    for name, measure in MEASURES.items()
}


def shown_metrics(metrics: Metrics, score: ScoreName) -> Mapping[str, Convention]:
    """All metrics of a task but those of single classes, the one that tables show first."""
    return {score: MAIN[score], **further(metrics, score)}


def further(metrics: Metrics, score: ScoreName) -> Mapping[str, Convention]:
    """Metrics besides the one that tables show."""
    weighted = {"weighted_f1": MAIN["weighted_f1"]} if score == "macro_f1" else {}
    return {**weighted, **FURTHER[metrics]}
