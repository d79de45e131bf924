"""What several runs say together: means, and how far they disagree.

Shapes: R runs, N utterances in line, K names with a probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config.tasks import SIGNS
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.opinions import Numbers, RunOpinion
from pipeline.tools.label.trained import TrainedRun


@dataclass(frozen=True)
class Verdict:
    """Labels (N,), "" where no run speaks, and what goes with them; NaN where nothing is known."""

    labels: list[str]
    names: tuple[str, ...]  # K: what `shares` are the probabilities of
    shares: Numbers  # (N, K)
    disagreement: Numbers  # (N,): share of the runs that say otherwise, or deviation of numbers
    expected: Numbers  # (N, 3): accuracy and the ends of its 95 % interval
    found: NDArray[np.bool_]  # (N, 3): what any run could use

    @property
    def confidence(self) -> Numbers:
        """(N,): the highest probability."""
        if not self.names:
            return np.full(len(self.labels), np.nan)
        highest: Numbers = np.where(np.isnan(self.shares), -np.inf, self.shares).max(axis=1)
        return highest


def check_alike(runs: Sequence[TrainedRun]) -> None:
    """Refuse runs whose labels mean different things."""
    first = runs[0].facts

    for run in runs[1:]:
        own = run.facts
        if (own.task.kind, own.task.classes) != (first.task.kind, first.task.classes):
            raise LabelError(
                f"{own.name.in_words()} has other labels than {first.name.in_words()}: "
                f"{_told(run)} and {_told(runs[0])}; name runs of one task"
            )
        if own.center != first.center:
            raise LabelError(
                f"{own.name.in_words()} measures from {own.center}, {first.name.in_words()} from "
                f"{first.center}: name runs of one task"
            )

    silent = [run for run in runs if run.facts.task.classes and not run.learner.gives_logits]
    if silent and len(runs) > 1:
        raise LabelError(
            f"{silent[0].facts.method.model} compares classes by numbers that have no mean over "
            "runs: label by one run of it"
        )


def _told(run: TrainedRun) -> str:
    return ", ".join(run.facts.task.classes) or "numbers"


def together(runs: Sequence[TrainedRun], opinions: Sequence[RunOpinion]) -> Verdict:
    """Means over the runs that speak, utterance by utterance."""
    facts = runs[0].facts
    speaks = np.stack([opinion.speaks for opinion in opinions])  # (R, N)
    outputs = np.stack([opinion.outputs for opinion in opinions])
    has_shares = all(opinion.shares.shape[1] for opinion in opinions)
    shares = np.zeros((outputs.shape[1], 0))
    if has_shares:
        shares = _mean(np.stack([opinion.shares for opinion in opinions]), speaks)

    if facts.task.classes:
        values = shares if has_shares else _mean(outputs, speaks)
        labels, disagreement = _classes(facts.task.classes, values, outputs, speaks)
    else:
        labels, disagreement = _numbers(facts.center or 0.0, outputs, speaks)
    return Verdict(
        labels,
        (facts.task.classes or SIGNS) if has_shares else (),
        shares,
        disagreement if len(runs) > 1 else np.full(len(labels), np.nan),
        _span([opinion.expected for opinion in opinions], speaks),
        np.any([opinion.found for opinion in opinions], axis=0),
    )


def _classes(
    classes: Sequence[str],
    values: Numbers,
    outputs: NDArray[np.float32],
    speaks: NDArray[np.bool_],
) -> tuple[list[str], Numbers]:
    """The class of the highest mean, and the share of the runs whose own is another."""
    chosen = np.nan_to_num(values, nan=-np.inf).argmax(axis=1)
    own = np.nan_to_num(outputs, nan=-np.inf).argmax(axis=2)  # (R, N)
    is_said = [bool(said) for said in np.any(speaks, axis=0)]
    labels = [classes[n] if said else "" for n, said in zip(chosen, is_said, strict=True)]
    return labels, _mean((own != chosen)[..., None].astype(np.float64), speaks)[:, 0]


def _numbers(
    center: float, outputs: NDArray[np.float32], speaks: NDArray[np.bool_]
) -> tuple[list[str], Numbers]:
    """The mean number, and the deviation of the runs from it."""
    mean = _mean(outputs, speaks)
    is_said = [bool(said) for said in np.any(speaks, axis=0)]
    told = zip((mean[:, 0] + center).tolist(), is_said, strict=True)
    labels = [f"{value:.9g}" if said else "" for value, said in told]
    return labels, np.sqrt(_mean((outputs - mean) ** 2, speaks)[:, 0])


def _mean(values: NDArray[np.floating], speaks: NDArray[np.bool_]) -> Numbers:
    """(R, N, K) -> (N, K) over the runs that speak; NaN where none does."""
    there = np.where(speaks[..., None], values.astype(np.float64), 0.0)
    with np.errstate(invalid="ignore"):
        mean: Numbers = there.sum(axis=0) / speaks.sum(axis=0)[:, None]
    return mean


def _span(expected: Sequence[Numbers], speaks: NDArray[np.bool_]) -> Numbers:
    """Mean accuracy, and the widest interval, of the runs that know one."""
    every = np.stack(expected)  # (R, N, 3)
    known = speaks & np.isfinite(every[..., 0])
    low = np.where(known, every[..., 1], np.inf).min(axis=0)
    high = np.where(known, every[..., 2], -np.inf).max(axis=0)
    span = np.column_stack([_mean(every[..., :1], known)[:, 0], low, high])
    span[~known.any(axis=0)] = np.nan
    return span
