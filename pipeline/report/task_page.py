"""One task's section: headline, tables in the paper's layout, curves, confusion, training."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.evaluation.aggregate import AVERAGE, rates_of_ime, rates_of_ume, summarize
from pipeline.evaluation.scoring import MAJORITY, read_predictions
from pipeline.report.confusion import confusion
from pipeline.report.figures import Curve, plot_curves, plot_history
from pipeline.report.formats import label, percent
from pipeline.report.results import METRIC, ResultTable, result_table
from pipeline.report.views import Card, Cell, FigureView, Row, TableView, TaskView

EVALUATIONS = {
    "ume": ("4", "Unified model evaluation (UME): one model, tested at every missing rate"),
    "ime": ("3", "Independent model evaluation (IME): a model per missing rate"),
}


@dataclass(frozen=True)
class TaskResults:
    """All that the report reads of one task."""

    name: str
    kind: str
    classes: tuple[str, ...]
    methods: Mapping[str, Sequence[str]]  # method -> its evaluations
    train_rate: str
    protocol: str
    scores: pd.DataFrame
    runs: Sequence[Path]  # run folders
    realised: Mapping[str, float]  # nominal rate -> realised missing rate of the test masks

    def of_evaluation(self, evaluation: str) -> pd.DataFrame:
        """Scores of methods judged that way, and of the majority class."""
        chosen = [m for m, ways in self.methods.items() if evaluation in ways]
        rows = self.scores[self.scores["method"].isin([*chosen, MAJORITY])]
        return rates_of_ume(rows, self.train_rate) if evaluation == "ume" else rates_of_ime(rows)


def task_view(results: TaskResults) -> tuple[TaskView, list[ResultTable]]:
    """The section, and its tables for the files beside the page."""
    blocks = [block for way in EVALUATIONS if (block := _block(results, way)) is not None]
    view = TaskView(
        name=results.name,
        summary=_summary(results),
        cards=_cards(results),
        tables=[_as_table(block, results) for block in blocks],
        figures=[_curves(block, results) for block in blocks if len(block.columns) > 1],
        confusions=_confusions(results),
        histories=_histories(results),
    )
    return view, blocks


def _block(results: TaskResults, evaluation: str) -> ResultTable | None:
    number, caption = EVALUATIONS[evaluation]
    methods = [m for m, ways in results.methods.items() if evaluation in ways]
    if not methods:
        return None
    scores = results.of_evaluation(evaluation)
    return result_table(number, results.name, caption, scores, [MAJORITY, *methods])


def _summary(results: TaskResults) -> str:
    seeds = sorted(set(results.scores.loc[results.scores["method"] != MAJORITY, "seed"]))
    folds = sorted(set(results.scores["fold"]))
    selection = {
        "strict": "epochs are chosen on a validation role that is never tested on",
        "paper": "as in the paper, where a corpus has no validation split the epoch is chosen "
        "on the test fold itself: such numbers are optimistic",
    }[results.protocol]
    return (
        f"Protocol {results.protocol}: {selection}. "
        f"Folds {_listed(folds)}, seeds {_listed(seeds)}; "
        f"unified models are trained at rate {results.train_rate}. "
        "± is the standard deviation over folds × seeds."
    )


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _cards(results: TaskResults) -> list[Card]:
    evaluation = "ume" if any("ume" in ways for ways in results.methods.values()) else "ime"
    table = summarize(results.of_evaluation(evaluation), METRIC)
    means = {
        (str(m), str(r)): float(v)
        for m, r, v in zip(table["method"], table["rate"], table["mean"], strict=True)
    }
    main = next(iter(results.methods))
    rates = sorted(
        {rate for method, rate in means if method == main and rate != AVERAGE}, key=float
    )
    cards = []
    for rate in dict.fromkeys([rates[0], rates[-1]]):
        gain = 100 * (means[main, rate] - means[MAJORITY, rate])
        cards.append(
            Card(f"{100 * means[main, rate]:.1f} %", f"weighted F1 of {label(main)} at rate {rate}")
        )
        cards.append(Card(f"{gain:+.1f}", f"points against the majority class at rate {rate}"))
    return cards


def _as_table(block: ResultTable, results: TaskResults) -> TableView:
    rows = [
        Row(
            [
                Cell(label(method)),
                *(Cell(percent(cell), _published(cell.published)) for cell in cells),
            ],
            emphasis=method == next(iter(results.methods)),
        )
        for method, cells in block.rows.items()
    ]
    compared = (
        f"; * p < .05, ** p < .01 against {label(block.strongest)} "
        "(paired t-test over runs, Holm-corrected)"
        if block.strongest
        else ""
    )
    n_runs = max(cell.n for cells in block.rows.values() for cell in cells)
    caption = f"Table {block.number}. {block.caption}. Weighted F1 in %, {n_runs} runs{compared}."
    return TableView(caption, ["Method", *(_head(c, results) for c in block.columns)], rows)


def _head(column: str, results: TaskResults) -> str:
    realised = results.realised.get(column)
    if realised is None or abs(realised - float(column)) < 0.01:
        return column
    return f"{column} (realised {realised:.3f})"


def _published(value: str) -> str:
    return f"paper {value}" if value else ""


def _curves(block: ResultTable, results: TaskResults) -> FigureView:
    rates = [column for column in block.columns if column != AVERAGE]
    curves = [
        Curve(
            label(method),
            [float(rate) for rate in rates],
            [100 * cell.mean for cell in cells[: len(rates)]],
            [0.0 if cell.n < 2 else 100 * cell.std for cell in cells[: len(rates)]],
        )
        for method, cells in block.rows.items()
    ]
    name = f"{results.name}_table{block.number}"
    svg = plot_curves(curves, "missing rate", "weighted F1 (%)")
    return FigureView(name, svg, f"{block.caption}. Band: one standard deviation.")


def _main_runs(results: TaskResults) -> list[Path]:
    """Runs of the first method, at its unified rate where it has one."""
    main = next(iter(results.methods))
    own = [run for run in results.runs if run.parts[-3] == main]
    unified = [run for run in own if run.parts[-2] == results.train_rate]
    return unified or own


def _confusions(results: TaskResults) -> list[TableView]:
    parts = [read_predictions(run / "predictions.csv", results.kind) for run in _main_runs(results)]
    pooled = pd.concat(parts, ignore_index=True)
    rates = sorted(set(pooled["rate"]))
    views = []
    for rate in dict.fromkeys([rates[0], rates[-1]]):
        matrix = confusion(pooled[pooled["rate"] == rate], results.kind, results.classes)
        rows = [
            Row([Cell(name), *(Cell(str(n), "", s) for n, s in zip(counts, shares, strict=True))])
            for name, counts, shares in zip(
                matrix.classes, matrix.counts, matrix.shares, strict=True
            )
        ]
        caption = f"Missing rate {rate}: rows are targets, columns predictions, over all folds"
        views.append(TableView(caption, ["target", *matrix.classes], rows, kind="confusion"))
    return views


def _histories(results: TaskResults) -> list[FigureView]:
    views = []
    for run in _main_runs(results):
        history = pd.read_csv(run / "history.csv")
        record = json.loads((run / "run.json").read_text(encoding="utf-8"))
        last = history[history["phase"] == history["phase"].iloc[-1]]
        columns = {
            name: name.replace("_", " ")
            for name in history.columns
            if name not in ("phase", "epoch") and last[name].notna().any()
        }
        name = f"{results.name}_history_{run.name}"
        svg = plot_history(last, columns, int(record["best_epoch"]))
        views.append(
            FigureView(name, svg, f"{label(run.parts[-3])}, {run.name.replace('_', ', ')}")
        )
    return views
