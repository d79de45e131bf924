"""What probabilities are worth: how often they are right, before and after their temperatures."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import pandas as pd

from pipeline.base.tables import read_rows
from pipeline.base.wording import counted
from pipeline.evaluation.calibration_table import ReliabilityRow
from pipeline.evaluation.temperature import MIN_UTTERANCES, POOLED
from pipeline.report.reliability_figure import reliability_figure
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Cell, Part, Row, TableView
from pipeline.report.words import said_of_training

COLUMNS = (
    "There was",
    "utterances",
    "accuracy",
    "temperature",
    "ECE before",
    "ECE after",
    "by chance",
)
NOTE = (
    "Confidence is the probability of the label; ECE is how far it lies from the share of right "
    "labels, in ten bins of confidence, over all conditions of the test role. By chance: the ECE "
    "that as few utterances show where every probability is exactly right; none can be trusted to "
    "be smaller. Accuracy: 95 % interval after Wilson, each utterance counting once. Temperatures "
    f"are fitted on the validation role; patterns of fewer than {MIN_UTTERANCES} of its utterances "
    "take that of all rows; one that the validation role itself does not bear out is not used "
    "(T = 1)."
)
HALF = 0.5


def reliability_part(results: TaskResults) -> Part:
    """All patterns of the main method, all rows of the others."""
    rows = read_rows(results.folder / "reliability.csv", ReliabilityRow)
    if not any(row.pattern for row in rows):
        return Part("Calibration")

    labels = {method.name: method.label for method in results.methods}
    main = results.main.name
    shown = [row for row in rows if row.pattern == POOLED or (row.pattern and row.method == main)]
    table = TableView(
        caption="How far probabilities are to be trusted, by what was usable",
        columns=COLUMNS,
        rows=[Row(list(_cells(row)), group=_group(row, labels[row.method])) for row in shown],
        text=COLUMNS[:1],
        name=f"{results.name}_reliability",
        note=" ".join([NOTE, *_verdicts(rows, labels)]),
        source=results.source("reliability.csv"),
        data=pd.DataFrame(map(asdict, rows)),
    )
    figure = reliability_figure(results)
    figures = [figure] if figure else []
    return Part("Calibration", "", [table], figures, is_wide=True, tables_title="As a table")


def _group(row: ReliabilityRow, label: str) -> str:
    return f"{label}, trained {said_of_training(row.train_rate)}"


def _cells(row: ReliabilityRow) -> Iterator[Cell]:
    yield Cell("anything" if row.pattern == POOLED else row.pattern.replace("+", ", "))
    yield Cell(str(row.n_utterances))
    interval = f"[{100 * row.accuracy_low:.1f}, {100 * row.accuracy_high:.1f}]"
    yield Cell(f"{100 * row.accuracy:.1f}", [interval])
    yield Cell(f"{row.temperature:.2f}")
    yield from (
        Cell(f"{100 * value:.1f}") for value in (row.ece_before, row.ece_after, row.ece_by_chance)
    )


def _verdicts(rows: Sequence[ReliabilityRow], labels: dict[str, str]) -> Iterator[str]:
    """For each method whether the error fell to a half, and what stands in the way if not."""
    for row in rows:
        name = _group(row, labels[row.method])
        if not row.pattern:
            yield f"{name}: no probabilities, {row.reason}."
        elif row.pattern == POOLED:
            yield f"{name}: {_verdict(row)}"
            if row.fitted_on != "validation" and not row.reason:
                yield "Its temperatures were fitted on the test role itself: too good to be true."


def _verdict(row: ReliabilityRow) -> str:
    if row.reason:
        return f"ECE {100 * row.ece_before:.1f}, without a temperature: {row.reason}."

    fell = f"ECE {100 * row.ece_before:.1f} before, {100 * row.ece_after:.1f} after"
    if row.ece_after <= HALF * row.ece_before:
        return f"{fell}: at most half."
    if row.ece_after > max(row.ece_before, row.ece_by_chance):
        return (
            f"{fell}: it grew, since the validation role is not like the test role; were features "
            "fitted to its labels, or epochs chosen by it?"
        )
    if HALF * row.ece_before <= row.ece_by_chance:
        return (
            f"{fell}: half of it would be less than chance leaves ({100 * row.ece_by_chance:.1f})."
        )
    said = f"{fell}: more than half; the validation role is not like the test role, or too small"
    return f"{said}: it bears out no temperature in {counted(row.n_unproven, 'run')}."
