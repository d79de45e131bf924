"""Tables 1 to 4 in the paper's layout, a group of rows for each task, ours beside the printed."""

from collections.abc import Iterator, Sequence

import pandas as pd

from pipeline.evaluation.aggregate import AVERAGE, DECLINE
from pipeline.report.blocks import LAYOUTS, TableLayout
from pipeline.report.measures import Measure
from pipeline.report.results import Result, ResultBlock
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Cell, Row, TableView

TEST = "t-test over the same runs, corrected for training sets that overlap"
BOLD = "Bold: the best of a column, and what an interval over dialogues does not tell from it."
HEADS = {AVERAGE: "Average", DECLINE: "Decline"}
NEEDS = {
    "1": "ecce_none, ecce_global and ecce_full",
    "2": "its_tf_tf, ts_nas_tf and gcnet_framework_tf beside iteacnet, under IME",
    "3": "a method with evaluations: [ime], a model for each missing rate",
    "4": "a method with evaluations: [ume], one model for all",
}


def paper_tables(tasks: Sequence[TaskResults]) -> list[TableView]:
    """Tables 1 to 4, those that have a row; a block of rows for each task."""
    found = []
    for layout in LAYOUTS:
        blocks = [block for task in tasks if (block := layout.block(task)) is not None]
        if blocks:
            found.append(_view(layout, blocks, {task.name: task for task in tasks}))
    return found


def absent_tables(views: Sequence[TableView]) -> str:
    """Which tables have no row, and what would fill them."""
    there = {view.name for view in views}
    lacking = [f"Table {n} needs {what}" for n, what in NEEDS.items() if f"table{n}" not in there]
    return f"Not in this study: {'; '.join(lacking)} (see configs/paper.yaml)." if lacking else ""


def number(result: Result, measure: Measure) -> Cell:
    """`76.12*` with the deviation and the paper's value in smaller print."""
    if pd.isna(result.mean):
        return Cell("-")
    spread = [] if pd.isna(result.std) else [f"± {measure.text(result.std, digits=2)}"]
    paper = [f"paper {result.published}"] if result.published else []
    text = f"{measure.text(result.mean, digits=2)}{result.marker}"
    return Cell(text, [*spread, *paper], is_best=result.is_best)


def _view(
    layout: TableLayout, blocks: Sequence[ResultBlock], tasks: dict[str, TaskResults]
) -> TableView:
    columns = list(dict.fromkeys(column for block in blocks for column in block.columns))
    heads = [_head(layout, column, blocks) for column in columns]
    return TableView(
        caption=f"Table {layout.number}. {layout.caption}. {_measured(blocks)}.",
        columns=["Method", *layout.design, *heads],
        rows=[row for block in blocks for row in _rows(layout, block, columns, tasks[block.task])],
        text=layout.design,
        name=f"table{layout.number}",
        note=" ".join(_notes(blocks)),
        source=", ".join(tasks[block.task].source("scores.csv") for block in blocks),
        data=pd.concat([block.long_form() for block in blocks], ignore_index=True),
    )


def _measured(blocks: Sequence[ResultBlock]) -> str:
    """What the numbers are; by task where these differ."""
    tasks_of: dict[str, list[str]] = {}
    for block in blocks:
        tasks_of.setdefault(block.measure.caption(), []).append(block.task)
    if len(tasks_of) == 1:
        return next(iter(tasks_of))
    return "; ".join(f"{', '.join(tasks)}: {caption}" for caption, tasks in tasks_of.items())


def _head(layout: TableLayout, column: str, blocks: Sequence[ResultBlock]) -> str:
    if layout.number == "1":
        return "/".join(dict.fromkeys(block.measure.short for block in blocks))
    return HEADS.get(column, column)


def _rows(
    layout: TableLayout, block: ResultBlock, columns: Sequence[str], results: TaskResults
) -> Iterator[Row]:
    for method in block.methods:
        design = [Cell(text) for text in layout.cells(method)]
        numbers = [
            number(block.results[method.name, column], block.measure)
            if column in block.columns
            else Cell("")
            for column in columns
        ]
        is_main = method == results.main
        yield Row([Cell(method.label), *design, *numbers], is_main, f"Task {block.task}")


def _notes(blocks: Sequence[ResultBlock]) -> Iterator[str]:
    n_runs = sorted({block.n_runs for block in blocks})
    counted = " to ".join(str(n) for n in dict.fromkeys([n_runs[0], n_runs[-1]]))
    if n_runs[-1] < 2:
        yield "One run (fold × seed) each: no deviation, no test."
    else:
        yield f"Mean over {counted} runs (folds × seeds) ± standard deviation."
        compared = {block.task: block.reference.label for block in blocks if block.reference}
        if compared:
            named = [f"{label} ({task})" for task, label in compared.items()]
            names = ", ".join(named) if len(blocks) > 1 else next(iter(compared.values()))
            yield (
                f"* p < .05, ** p < .01 against {names}: {TEST}, "
                "Holm-corrected over the task's block; Wilcoxon's test stands in the CSV."
            )
    if any(result.is_best for block in blocks for result in block.results.values()):
        yield BOLD

    if any(result.published for block in blocks for result in block.results.values()):
        yield "Paper: the printed value, on the paper's own features."
