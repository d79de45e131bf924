"""How good the main method is, in a sentence and a table: against the floor and the baselines.

Intervals are bootstrap intervals over dialogues (`evaluation.bootstrap`); that of a difference is
of the same draws for both methods.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config.tasks import MAJORITY
from pipeline.evaluation.aggregate import AVERAGE, best, rates_in, run_table, runs_of
from pipeline.evaluation.bootstrap import N_DRAWS, drawn_scores, interval
from pipeline.report.method_views import MethodView
from pipeline.report.results import METRIC
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Card, Cell, Row, TableView


@dataclass(frozen=True)
class Headline:
    """The main method at one rate, or on average; shares of one, ends of 95 % intervals."""

    column: str
    value: float
    low: float
    high: float
    floor: float
    baseline: str  # the strongest one on average, "" = none was run
    baseline_value: float
    gain_low: float
    gain_high: float


def headlines(results: TaskResults) -> list[Headline]:
    """At the lowest rate, at the highest, and on average."""
    main = results.methods[0]
    way = results.evaluation_of(main)
    runs = run_table(results.of_evaluation(way), METRIC)
    rates = rates_in(runs)
    baselines = [m.name for m in results.methods if m.is_baseline and way in m.evaluations]
    strongest = best(runs, [name for name in baselines if name != main.name], AVERAGE)

    ours = _draws(results, main.name, way, rates)
    theirs = _draws(results, strongest, way, rates) if strongest else np.full_like(ours, np.nan)

    found = []
    for column in dict.fromkeys([rates[0], rates[-1], AVERAGE]):
        chosen = slice(None) if column == AVERAGE else [rates.index(column)]
        mean, gain = ours[:, chosen].mean(axis=1), (ours - theirs)[:, chosen].mean(axis=1)
        ends = interval(gain) if strongest else (float("nan"),) * 2
        values = [_mean(runs, name, column) for name in (main.name, MAJORITY, strongest)]
        found.append(
            Headline(column, values[0], *interval(mean), values[1], strongest, values[2], *ends)
        )

    return found


def sentence(found: Sequence[Headline], main: MethodView) -> str:
    """The first and the last rate in words."""
    first, last = found[0], found[-2] if len(found) > 1 else found[0]
    said = (
        f"{main.label} reaches a weighted F1 of {_interval(first)} at missing rate {first.column}, "
        f"{_points(first.value - first.floor)} against always naming the majority class "
        f"({100 * first.floor:.1f} %)"
    )
    if last is first:
        return f"{said}."
    return (
        f"{said}, and {_interval(last)} at missing rate {last.column}, "
        f"{_points(last.value - last.floor)} against it ({100 * last.floor:.1f} %)."
    )


def cards(found: Sequence[Headline], main: MethodView) -> list[Card]:
    """Weighted F1 and the gain over the floor at the lowest and the highest rate."""
    shown = []
    for headline in [headline for headline in found if headline.column != AVERAGE]:
        place = f"at missing rate {headline.column}"
        value = f"{100 * headline.value:.1f} %"
        shown.append(Card(value, f"weighted F1 of {main.label} {place}"))
        gain = f"{100 * (headline.value - headline.floor):+.1f}"
        shown.append(Card(gain, f"points against the majority class {place}"))
    return shown


def headline_table(
    results: TaskResults, found: Sequence[Headline], labels: dict[str, str]
) -> TableView:
    """The same with intervals, and the difference to the strongest baseline."""
    main = results.methods[0]
    strongest = labels.get(found[0].baseline, "")
    rows = [
        Row([Cell(main.label), *(_bounded(f.value, f.low, f.high) for f in found)], emphasis=True),
        Row([Cell("Majority class"), *(Cell(f"{100 * f.floor:.1f}") for f in found)]),
        Row([Cell("Gain over it"), *(Cell(f"{100 * (f.value - f.floor):+.1f}") for f in found)]),
    ]
    if strongest:
        rows += [
            Row([Cell(strongest), *(Cell(f"{100 * f.baseline_value:.1f}") for f in found)]),
            Row(
                [
                    Cell(f"Difference to {strongest}"),
                    *(
                        _bounded(f.value - f.baseline_value, f.gain_low, f.gain_high, "+")
                        for f in found
                    ),
                ]
            ),
        ]

    heads = ["Average" if f.column == AVERAGE else f"rate {f.column}" for f in found]
    data = pd.DataFrame([{k.name: getattr(f, k.name) for k in fields(f)} for f in found])

    return TableView(
        caption=f"{main.label} in short: weighted F1 in %, with 95 % intervals",
        columns=["", *heads],
        rows=rows,
        name=f"{results.name}_headline",
        note=f"Intervals: {N_DRAWS} bootstrap draws of whole dialogues within each fold, all seeds "
        "of a dialogue together; they leave out what another training set would change.",
        source=results.source("runs/*/*/*/predictions.csv"),
        data=data,
    )


def _draws(
    results: TaskResults, method: str, way: str, rates: Sequence[str]
) -> NDArray[np.float64]:
    """(B, R) weighted F1 of each draw at each rate."""
    return np.stack(
        [
            drawn_scores(results.predictions(method, way, rate), results.kind, results.classes)
            for rate in rates
        ],
        axis=1,
    )


def _mean(runs: pd.DataFrame, method: str, column: str) -> float:
    return float(runs_of(runs, method, column).mean()) if method else float("nan")


def _interval(headline: Headline) -> str:
    low, high = headline.low, headline.high
    return f"{100 * headline.value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def _bounded(value: float, low: float, high: float, sign: str = "") -> Cell:
    return Cell(f"{100 * value:{sign}.1f}", [f"[{100 * low:{sign}.1f}, {100 * high:{sign}.1f}]"])


def _points(gain: float) -> str:
    return f"{100 * gain:+.1f} points"
