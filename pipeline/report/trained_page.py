"""What was trained: parameters, runs and data of each method; Table 5 at the paper's sizes."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from models.registry import find_method, our_methods
from pipeline.report.method_views import MethodView
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Part, Row, TableView, text_row
from pipeline.report.words import said_of_training

COLUMNS = {
    "parameters": "Parameters",
    "train_rate": "Trained",
    "runs": "Runs",
    "utterances": "Utterances",
    "epochs": "Epochs",
    "kept": "Epoch kept",
    "device": "Device",
}
WORDS = ("train_rate", "device")


def trained_part(results: TaskResults) -> Part:
    """A row for each method and training rate, from what its runs say of themselves."""
    data = pd.DataFrame(row for method in results.methods for row in _trained(results, method))
    said = data.assign(train_rate=data["train_rate"].map(said_of_training))
    shown = said[list(COLUMNS)].itertuples(index=False)
    rows = [
        text_row(label, *values, emphasis=name == results.main.name)
        for name, label, values in zip(data["method"], data["label"], shown, strict=True)
    ]

    table = TableView(
        "What was trained",
        ["Method", *COLUMNS.values()],
        rows,
        text=[COLUMNS[name] for name in WORDS],
        name=f"{results.name}_trained",
        note="Parameters that a gradient reaches; utterances of the training role; where runs "
        "differ, the least and the most. A method without epochs is fitted in one step.",
        source=results.source("runs/*/*/*/run.json"),
        data=data.assign(task=results.name),
    )
    return Part("What was trained", tables=[table], is_folded=True)


def parameter_table(path: Path, tasks: Sequence[TaskResults]) -> TableView:
    """Table 5: the study's methods at the paper's sizes, and what explains differences."""
    models = {method.model for task in tasks for method in task.methods}
    main = {task.main.model for task in tasks}
    with path.open(newline="", encoding="utf-8") as stream:
        rows: list[Row] = [
            text_row(
                find_method(row["model"]).label,
                row["module"].capitalize(),
                f"{int(row['parameters']) / 1e6:.2f}M",
                row["published"] or "-",
                f"{int(row['parameters']):,}",
                row["note"],
                emphasis=row["model"] in main,
            )
            for row in csv.DictReader(stream)
            if row["model"] in models
        ]

    unlisted = sorted(models - set(our_methods()))
    return TableView(
        "Table 5. Trainable parameters of this study's methods, built here at the paper's sizes",
        ["Model", "Module", "Parameters", "Paper", "Exactly", "Note"],
        rows,
        text=["Module", "Note"],
        name="table5",
        note=f"Without a published size: {', '.join(unlisted)}." if unlisted else "",
        source="build/parameters.csv",
    )


def _trained(results: TaskResults, method: MethodView) -> Iterator[dict[str, Any]]:
    by_rate: dict[str, list[dict[str, Any]]] = {}
    for run in results.all_runs(method):
        by_rate.setdefault(run.train_rate, []).append(run.facts())

    for rate, facts in by_rate.items():
        yield {
            "method": method.name,
            "label": method.label,
            "train_rate": rate,
            "parameters": _range([run.get("parameters", {}).get("trained") for run in facts]),
            "runs": len(facts),
            "utterances": _range([run.get("n_utterances", {}).get("train") for run in facts]),
            "epochs": _range([run.get("n_epochs") for run in facts]),
            "kept": _range([run.get("best_epoch") for run in facts]),
            "device": ", ".join(sorted({str(run["device"]) for run in facts})),
        }


def _range(values: Sequence[int | None]) -> str:
    """`12`, or `12 to 15`; "-" where a run does not say."""
    known = sorted({value for value in values if value is not None})
    if len(known) < 2:
        return f"{known[0]:,}" if known else "-"
    return f"{known[0]:,} to {known[-1]:,}"
