"""Which methods and numbers make up the paper's Tables 1 to 4, for each task.

Table 1: teachers on complete data, ECCE's stages on and off. Table 2: frameworks and encoders
under IME. Table 3: IME. Table 4: UME. A method outside the paper goes with 3 and 4.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.evaluation.aggregate import (
    AVERAGE,
    DECLINE,
    rates_in,
    rates_of_ime,
    run_table,
)
from pipeline.report.comparison import mark_best, reference_of
from pipeline.report.method_views import MethodView, in_paper_order
from pipeline.report.results import ResultBlock, block
from pipeline.report.task_data import TaskResults


@dataclass(frozen=True)
class TableLayout:
    """What is particular to one of the paper's tables."""

    number: str
    caption: str
    design: tuple[str, ...]  # columns between the method and its numbers
    cells: Callable[[MethodView], Sequence[str]]
    block: Callable[[TaskResults], ResultBlock | None]


def blocks_of(results: TaskResults) -> dict[str, ResultBlock]:
    """Blocks of one task by the table's number, those that it has."""
    found = {layout.number: layout.block(results) for layout in LAYOUTS}
    return {number: block for number, block in found.items() if block is not None}


def _context_block(results: TaskResults) -> ResultBlock | None:
    methods = [method for method in results.methods if method.is_teacher_only]
    methods.sort(key=lambda method: (method.context[1], method.context[0]))
    names = [method.name for method in methods]
    scores = results.scores[results.scores["method"].isin(names)]
    chosen = pd.concat([rates_of_ime(scores), results.of_evaluation("ume")])
    chosen = chosen[(chosen["rate"] == 0) & chosen["method"].isin(names)]
    chosen = chosen.drop_duplicates(["method", "fold", "seed", "metric"])
    if chosen.empty:
        return None

    plain = [method for method in methods if method.context == ("×", "×")]
    found = block(
        *("1", results.name, results.measure, chosen, methods, ["0.0"]),
        plain[0] if plain else None,
        results.test_to_train,
    )
    return mark_best(found, results, _way_of_complete_data)


def _way_of_complete_data(method: MethodView) -> str:
    return next(way for way in ("complete", "ume", "ime") if way in method.evaluations)


def _framework_block(results: TaskResults) -> ResultBlock | None:
    methods = [
        method
        for method in results.methods
        if method.design is not None and not method.is_teacher_only and "ime" in method.evaluations
    ]
    if len(methods) < 2:
        return None
    methods.sort(key=lambda method: ("GCNet", "ITS", "TS").index(method.framework[0]))
    accumulated = [method for method in methods if method.framework[0] == "GCNet"]
    return _rates_block("2", results, methods, DECLINE, accumulated[0] if accumulated else None)


def _independent_block(results: TaskResults) -> ResultBlock | None:
    return _comparison("3", results, "ime", lambda method: not method.is_framework_ablation)


def _unified_block(results: TaskResults) -> ResultBlock | None:
    return _comparison("4", results, "ume", lambda method: not method.is_teacher_only)


def _comparison(
    number: str, results: TaskResults, way: str, belongs: Callable[[MethodView], bool]
) -> ResultBlock | None:
    own = [method for method in results.methods if way in method.evaluations and belongs(method)]
    if not own:
        return None
    methods = in_paper_order(own)
    runs = run_table(results.of_evaluation(way), results.measure.metric)
    reference = reference_of(results, runs, methods)
    return _rates_block(number, results, [results.floor, *methods], AVERAGE, reference)


def _rates_block(
    number: str,
    results: TaskResults,
    methods: Sequence[MethodView],
    last: str,
    reference: MethodView | None,
) -> ResultBlock:
    way = "ume" if number == "4" else "ime"
    scores = results.of_evaluation(way)
    rates = rates_in(run_table(scores, results.measure.metric))
    columns = (*rates, last) if len(rates) > 1 else rates

    found = block(
        *(number, results.name, results.measure, scores, methods, columns, reference),
        results.test_to_train,
    )
    return mark_best(found, results, lambda _: way)


LAYOUTS = (
    TableLayout(
        "1",
        "Emotion context changing encoding: teachers on complete data",
        ("Local", "Global"),
        lambda method: method.context,
        _context_block,
    ),
    TableLayout(
        "2",
        "Training frameworks, under independent model evaluation. "
        "Decline: lowest less highest missing rate",
        ("Framework", "Teacher", "Student"),
        lambda method: method.framework,
        _framework_block,
    ),
    TableLayout(
        "3",
        "Independent model evaluation (IME): a model per missing rate",
        (),
        lambda method: (),
        _independent_block,
    ),
    TableLayout(
        "4",
        "Unified model evaluation (UME): one model, tested at every missing rate",
        (),
        lambda method: (),
        _unified_block,
    ),
)
