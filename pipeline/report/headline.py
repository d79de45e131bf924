"""How good the main method is, in a sentence and a table: first against the strongest other one.

A rival would write the sentence so. The floor is what it speaks of only where no other method ran.
Intervals are bootstrap intervals over dialogues (`evaluation.bootstrap`); that of a difference is
of the same draws for both methods.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from pipeline.evaluation.aggregate import AVERAGE, rates_in, run_table, runs_of
from pipeline.evaluation.bootstrap import interval
from pipeline.report.comparison import bounds, draws_of, reference_of, said_of_intervals
from pipeline.report.measures import Measure
from pipeline.report.method_views import FLOORS_SAID
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Card, Cell, Row, TableView


@dataclass(frozen=True)
class Headline:
    """The main method at one rate, or on average; F1 as shares of one, ends of 95 % intervals."""

    column: str
    value: float
    low: float  # nan with `high`: too few dialogues
    high: float
    floor: float
    other: str  # the one it is compared with, "" = no other ran
    other_value: float
    gain_low: float
    gain_high: float

    @property
    def gain(self) -> float:
        """How much more than the other."""
        return self.value - self.other_value


def headlines(results: TaskResults) -> list[Headline]:
    """At the lowest rate, at the highest, and on average."""
    main = results.main
    way = results.evaluation_of(main)
    runs = run_table(results.of_evaluation(way), results.measure.metric)
    rates = rates_in(runs)
    other = reference_of(results, runs, [m for m in results.methods if way in m.evaluations])
    n_dialogues = results.n_dialogues(main.name, way, rates[0])

    found = []
    for column in dict.fromkeys([rates[0], rates[-1], AVERAGE]):
        over = rates if column == AVERAGE else [column]
        own = interval(draws_of(results, main.name, way, over), n_dialogues)
        pair = [(main.name, way), (other.name, way)] if other else []
        ends = bounds(results, pair, over) if other else (float("nan"),) * 2

        name = other.name if other else ""
        values = [_mean(runs, method, column) for method in (main.name, results.floor.name, name)]
        found.append(Headline(column, values[0], *own, values[1], name, values[2], *ends))

    return found


def sentence(found: Sequence[Headline], results: TaskResults) -> str:
    """What was found, in words: who is ahead and by how much; against the floor if alone."""
    first, last, average = found[0], found[-2], found[-1]
    if not average.other:
        return _against_floor(first, last, results)

    labels = {method.name: method.label for method in results.methods}
    measure, other = results.measure, labels[average.other]
    over = f"missing rates {first.column} to {last.column}"
    over = f"on average over {over}" if first is not last else f"at missing rate {first.column}"
    said = (
        f"{_verdict(average, results.main.label, other, results)} {over}: "
        f"{measure.label} {_bounded_value(measure, average)} against "
        f"{measure.text(average.other_value)}{measure.unit}, difference {_gain(measure, average)}"
    )
    if first is last:
        return f"{said}."
    ends = (f"{_gain(measure, f)} at rate {f.column}" for f in (first, last))
    return f"{said}; {', '.join(ends)}."


def cards(found: Sequence[Headline], results: TaskResults) -> list[Card]:
    """The score on average, and what it is more than the strongest other's, or than the floor."""
    measure, average = results.measure, found[-1]
    labels = {method.name: method.label for method in results.methods}
    unit = "points" if measure.is_percent else measure.label
    against = labels.get(average.other, results.floor.label.lower())

    shown = [
        Card(
            f"{measure.text(average.value)}{measure.unit}",
            f"{measure.label} of {results.main.label} on average over missing rates",
        )
    ]
    for headline in (average, *found[:-1]):
        place = "on average" if headline is average else f"at missing rate {headline.column}"
        gain = headline.gain if average.other else headline.value - headline.floor
        ends = (measure.text(end, "+") for end in (headline.gain_low, headline.gain_high))
        known = "" if np.isnan(headline.gain_low) else f" [{', '.join(ends)}]"
        shown.append(Card(measure.text(gain, "+"), f"{unit} against {against} {place}{known}"))
    return shown


def headline_table(
    results: TaskResults, found: Sequence[Headline], labels: dict[str, str]
) -> TableView:
    """The same with intervals, and the difference to the other."""
    main, measure = results.main, results.measure

    def plain(values: Iterable[float], sign: str = "") -> Iterator[Cell]:
        return (Cell(measure.text(value, sign)) for value in values)

    rows = [
        Row([Cell(main.label), *(_bounded(measure, f.value, f.low, f.high) for f in found)], True)
    ]
    if other := labels.get(found[0].other, ""):
        gains = (_bounded(measure, f.gain, f.gain_low, f.gain_high, "+") for f in found)
        rows += [
            Row([Cell(other), *plain(f.other_value for f in found)]),
            Row([Cell(f"Difference to {other}"), *gains]),
        ]
    rows += [
        Row([Cell(results.floor.label), *plain(f.floor for f in found)]),
        Row([Cell("Difference to it"), *plain((f.value - f.floor for f in found), "+")]),
    ]

    heads = ["Average" if f.column == AVERAGE else f"rate {f.column}" for f in found]
    data = pd.DataFrame([{k.name: getattr(f, k.name) for k in fields(f)} for f in found])

    return TableView(
        caption=f"{main.label} in short: {measure.label}{' in %' if measure.is_percent else ''}, "
        "with intervals",
        columns=["", *heads],
        rows=rows,
        name=f"{results.name}_headline",
        note=said_of_intervals(_n_dialogues(results)),
        source=results.source("runs/*/*/*/predictions.csv"),
        data=data,
    )


def _n_dialogues(results: TaskResults) -> int:
    way = results.evaluation_of(results.main)
    rates = rates_in(run_table(results.of_evaluation(way), results.measure.metric))
    return results.n_dialogues(results.main.name, way, rates[0])


def _verdict(average: Headline, main: str, other: str, results: TaskResults) -> str:
    role = "" if results.reference_name else ", the strongest other method,"
    if average.gain_low > 0:
        return f"{main} does better than {other}{role}"
    if average.gain_high < 0:
        return f"{main} does worse than {other}{role}"
    if np.isnan(average.gain_low):
        n = _n_dialogues(results)
        way = "above" if average.gain > 0 else "below"
        return f"{main} is {way} {other}{role} by chance or not ({n} test dialogues do not tell)"
    return f"{main} is not told apart from {other}{role}"


def _against_floor(first: Headline, last: Headline, results: TaskResults) -> str:
    main, measure = results.main, results.measure

    def floor(headline: Headline) -> str:
        return f"({measure.text(headline.floor)}{measure.unit})"

    said = (
        f"{main.label} reaches a {measure.label} of {_bounded_value(measure, first)} at missing "
        f"rate {first.column}, {measure.difference(first.value - first.floor)} against "
        f"{FLOORS_SAID[results.floor.name]} {floor(first)}"
    )
    if last is first:
        return f"{said}; no other method ran."
    return (
        f"{said}, and {_bounded_value(measure, last)} at missing rate {last.column}, "
        f"{measure.difference(last.value - last.floor)} against it {floor(last)}; "
        "no other method ran."
    )


def _mean(runs: pd.DataFrame, method: str, column: str) -> float:
    return float(runs_of(runs, method, column).mean()) if method else float("nan")


def _bounded_value(measure: Measure, headline: Headline) -> str:
    value = f"{measure.text(headline.value)}{measure.unit}"
    return value + _ends(measure, headline.low, headline.high)


def _gain(measure: Measure, headline: Headline) -> str:
    ends = _ends(measure, headline.gain_low, headline.gain_high, "+")
    return measure.difference(headline.gain) + ends


def _ends(measure: Measure, low: float, high: float, sign: str = "") -> str:
    """` [low, high]`, or nothing where there is no interval."""
    if np.isnan(low):
        return ""
    return f" [{measure.text(low, sign)}, {measure.text(high, sign)}]"


def _bounded(measure: Measure, value: float, low: float, high: float, sign: str = "") -> Cell:
    ends = _ends(measure, low, high, sign).strip()
    return Cell(measure.text(value, sign), [ends] if ends else [])
