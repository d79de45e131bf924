"""Confusion matrices of pooled test predictions of the main method."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.config.tasks import SIGNS, ScoredTask
from pipeline.evaluation.aggregate import rates_in, run_table
from pipeline.evaluation.sentiment import signs
from pipeline.report.maps import plot_matrix
from pipeline.report.task_data import TaskResults
from pipeline.report.views import DRAWN_CLASSES, Cell, FigureView, Part, Row, TableView, text_row

SHOWN_PAIRS = 40


@dataclass(frozen=True)
class Confusion:
    """Counts of target (rows) against prediction (columns), and shares within a row."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def shares(self) -> tuple[tuple[float, ...], ...]:
        """Each row divided by its sum; an empty row stays zero."""
        return tuple(tuple(c / max(sum(row), 1) for c in row) for row in self.counts)


def confusion(predictions: pd.DataFrame, task: ScoredTask) -> Confusion:
    """Count pairs of target and prediction; sentiment is counted by sign, target 0 left out."""
    classes: Sequence[str] = task.classes
    if task.measured == "sentiment":
        predictions, classes = signs(predictions), SIGNS
    pairs = predictions.groupby(["target", "predicted"]).size()
    counts = {key: int(n) for key, n in pairs.items()}
    return Confusion(
        tuple(classes), tuple(tuple(counts.get((t, p), 0) for p in classes) for t in classes)
    )


def confusion_part(results: TaskResults) -> Part:
    """The main method at the lowest and the highest rate, all its runs pooled."""
    if results.task.measured == "dimensional":
        return Part("Confusion")  # values are told apart by no border
    main = results.main
    way = results.evaluation_of(main)
    rates = rates_in(run_table(results.of_evaluation(way), results.measure.metric))
    tables, figures = [], []
    is_drawn = len(results.classes) <= DRAWN_CLASSES

    for rate in dict.fromkeys([rates[0], rates[-1]]):
        runs = results.predictions(main.name, way, rate)
        pooled = pd.concat([run.predictions for run in runs], ignore_index=True)
        if not is_drawn:
            tables.append(_pairs(results, rate, pooled))
            continue
        matrix = confusion(pooled, results.task)
        source = results.source(f"runs/{main.name}/*/*/predictions.csv")
        caption = f"{main.label} at missing rate {rate}: rows are targets, columns predictions"
        tables.append(_table(f"{results.name}_confusion_{rate}", caption, matrix, source))
        figures.append(_figure(f"{results.name}_confusion_{rate}", caption, matrix, source))
    text = "Test predictions of all folds and seeds together."
    if not is_drawn:
        text += f" A matrix of {len(results.classes):,} classes would hold mostly nothing."
        return Part("Confusion", text, tables)
    return Part("Confusion", text, tables, figures, is_small=True, tables_title="Counts")


def _pairs(results: TaskResults, rate: str, predictions: pd.DataFrame) -> TableView:
    """What is taken for what most often; the file has every pair that there is."""
    found = predictions.groupby(["target", "predicted"]).size().rename("count").reset_index()
    found["share_of_row"] = found["count"] / found.groupby("target")["count"].transform("sum")
    found = found.sort_values(["count", "target", "predicted"], ascending=[False, True, True])
    wrong = found[found["target"] != found["predicted"]].head(SHOWN_PAIRS)

    label = results.main.label
    return TableView(
        f"{label} at missing rate {rate}: the {len(wrong)} most frequent confusions",
        ["Target", "Predicted", "Count", "% of target"],
        [
            text_row(target, predicted, n, f"{100 * share:.1f}")
            for target, predicted, n, share in wrong.itertuples(index=False)
        ],
        text=["Target", "Predicted"],
        name=f"{results.name}_confusion_{rate}",
        source=results.source(f"runs/{results.main.name}/*/*/predictions.csv"),
        data=found,
    )


def _table(name: str, caption: str, matrix: Confusion, source: str) -> TableView:
    rows = [
        Row([Cell(target), *(Cell(str(n), (), s) for n, s in zip(counts, shares, strict=True))])
        for target, counts, shares in zip(matrix.classes, matrix.counts, matrix.shares, strict=True)
    ]
    columns = ["target", *matrix.classes]
    data = _long_form(matrix)
    return TableView(caption, columns, rows, kind="confusion", name=name, source=source, data=data)


def _figure(name: str, caption: str, matrix: Confusion, source: str) -> FigureView:
    texts = [[f"{100 * share:.0f} %" for share in row] for row in matrix.shares]
    svg = plot_matrix(matrix.shares, texts, matrix.classes)
    return FigureView(name, svg, f"{caption}, in % of a row", source, _long_form(matrix))


def _long_form(matrix: Confusion) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"target": t, "predicted": p, "count": n, "share_of_row": share}
            for t, counts, shares in zip(matrix.classes, matrix.counts, matrix.shares, strict=True)
            for p, n, share in zip(matrix.classes, counts, shares, strict=True)
        ]
    )
