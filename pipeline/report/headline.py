"""How good the main method is, in a sentence and a table: against the floor and the baselines.

Intervals are bootstrap intervals over dialogues (`evaluation.bootstrap`); that of a difference is
of the same draws for both methods.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.evaluation.aggregate import AVERAGE, best, rates_in, run_table, runs_of
from pipeline.evaluation.bootstrap import N_DRAWS, drawn_scores, interval
from pipeline.report.measures import Measure
from pipeline.report.method_views import FLOORS_SAID
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Card, Cell, Row, TableView


@dataclass(frozen=True)
class Headline:
    """The main method at one rate, or on average; F1 as shares of one, ends of 95 % intervals."""

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
    runs = run_table(results.of_evaluation(way), results.measure.metric)
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
        values = [_mean(runs, name, column) for name in (main.name, results.floor.name, strongest)]
        found.append(
            Headline(column, values[0], *interval(mean), values[1], strongest, values[2], *ends)
        )

    return found


def sentence(found: Sequence[Headline], results: TaskResults) -> str:
    """The first and the last rate in words."""
    main, measure = results.methods[0], results.measure
    first, last = found[0], found[-2] if len(found) > 1 else found[0]

    def floor(headline: Headline) -> str:
        return f"({measure.text(headline.floor)}{measure.unit})"

    said = (
        f"{main.label} reaches a {measure.label} of {_interval(first, measure)} at missing rate "
        f"{first.column}, {measure.difference(first.value - first.floor)} against "
        f"{FLOORS_SAID[results.floor.name]} {floor(first)}"
    )
    if last is first:
        return f"{said}."
    return (
        f"{said}, and {_interval(last, measure)} at missing rate {last.column}, "
        f"{measure.difference(last.value - last.floor)} against it {floor(last)}."
    )


def cards(found: Sequence[Headline], results: TaskResults) -> list[Card]:
    """The score and its gain over the floor at the lowest and the highest rate."""
    main, measure = results.methods[0], results.measure
    unit = "points" if measure.is_percent else measure.label
    shown = []
    for headline in [headline for headline in found if headline.column != AVERAGE]:
        place = f"at missing rate {headline.column}"
        value = f"{measure.text(headline.value)}{measure.unit}"
        shown.append(Card(value, f"{measure.label} of {main.label} {place}"))
        gain = measure.text(headline.value - headline.floor, "+")
        shown.append(Card(gain, f"{unit} against the {results.floor.label.lower()} {place}"))
    return shown


def headline_table(
    results: TaskResults, found: Sequence[Headline], labels: dict[str, str]
) -> TableView:
    """The same with intervals, and the difference to the strongest baseline."""
    main, measure = results.methods[0], results.measure

    def plain(values: Iterable[float], sign: str = "") -> Iterator[Cell]:
        return (Cell(measure.text(value, sign)) for value in values)

    strongest = labels.get(found[0].baseline, "")
    rows = [
        Row(
            [Cell(main.label), *(_bounded(measure, f.value, f.low, f.high) for f in found)],
            emphasis=True,
        ),
        Row([Cell(results.floor.label), *plain(f.floor for f in found)]),
        Row([Cell("Gain over it"), *plain((f.value - f.floor for f in found), "+")]),
    ]
    if strongest:
        rows += [
            Row([Cell(strongest), *plain(f.baseline_value for f in found)]),
            Row(
                [
                    Cell(f"Difference to {strongest}"),
                    *(
                        _bounded(measure, f.value - f.baseline_value, f.gain_low, f.gain_high, "+")
                        for f in found
                    ),
                ]
            ),
        ]

    heads = ["Average" if f.column == AVERAGE else f"rate {f.column}" for f in found]
    data = pd.DataFrame([{k.name: getattr(f, k.name) for k in fields(f)} for f in found])

    return TableView(
        caption=f"{main.label} in short: {measure.label}{' in %' if measure.is_percent else ''}, "
        "with 95 % intervals",
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
    """(B, R) score of each draw at each rate."""
    return np.stack(
        [drawn_scores(results.predictions(method, way, rate), results.task) for rate in rates],
        axis=1,
    )


def _mean(runs: pd.DataFrame, method: str, column: str) -> float:
    return float(runs_of(runs, method, column).mean()) if method else float("nan")


def _interval(headline: Headline, measure: Measure) -> str:
    value, low, high = map(measure.text, (headline.value, headline.low, headline.high))
    return f"{value}{measure.unit} [{low}, {high}]"


def _bounded(measure: Measure, value: float, low: float, high: float, sign: str = "") -> Cell:
    return Cell(
        measure.text(value, sign), [f"[{measure.text(low, sign)}, {measure.text(high, sign)}]"]
    )
