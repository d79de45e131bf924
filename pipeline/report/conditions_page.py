"""Conditions with names: subsets of modalities, blocks, whole dialogues, rates by modality.

Rows are conditions, columns methods, each compared with the strongest other one as in the paper's
tables. Beside it: scores by what of an utterance could be used at the paper's rates, and how evenly
a method uses its modalities.
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from pipeline.config.conditions import is_rate, subsets_of
from pipeline.evaluation.aggregate import AVERAGE, run_table
from pipeline.report.balance_table import balance_table
from pipeline.report.comparison import mark_best, reference_of
from pipeline.report.masked_folds import shares_with_nothing
from pipeline.report.method_views import MethodView, in_paper_order
from pipeline.report.paper_tables import BOLD, TEST, number
from pipeline.report.pattern_table import pattern_table
from pipeline.report.results import ResultBlock, block
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Cell, Part, Row, TableView
from pipeline.report.words import WAYS


def conditions_part(results: TaskResults) -> Part:
    """Tables under each evaluation; without any where no condition but rates is named."""
    tables: list[TableView] = []
    emptied = shares_with_nothing(results)
    for way in WAYS:
        if not any(way in method.evaluations for method in results.methods):
            continue
        if names := [name for name in results.conditions if not is_rate(name)]:
            tables.append(_table(results, way, names, emptied))
        if (found := balance_table(results, way, emptied)) is not None:
            tables.append(found)
        if (shown := pattern_table(results, way)) is not None:
            tables.append(shown)

    text = (
        "What is withheld by name (docs/protocol.md), and what was left of an utterance. Masks are "
        "stored, and the same for every method."
    )
    return Part("Conditions and patterns", text, tables)


def condition_blocks(
    results: TaskResults, way: str, names: Sequence[str]
) -> Iterator[tuple[str, ResultBlock]]:
    """The paper's rates, the subsets with their average where all are there, and the others."""
    subsets = [subset.name for subset in subsets_of(results.section.sorted_modalities)]
    scores = results.of_conditions(way)
    own = [method for method in results.methods if way in method.evaluations]
    methods = in_paper_order(own)
    rates = [name for name in results.conditions if is_rate(name)]
    columns = (*rates, AVERAGE) if len(rates) > 1 else tuple(rates)
    yield "Missing rates", _compared(results, way, results.of_evaluation(way), methods, columns)

    groups = {
        "Subsets of modalities": [name for name in names if name in subsets],
        "Other conditions": [name for name in names if name not in subsets],
    }
    for title, group in groups.items():
        if group:
            columns = (*group, AVERAGE) if group == subsets else tuple(group)
            chosen = scores[scores["rate"].isin(group)]
            yield title, _compared(results, way, chosen, methods, columns)


def _compared(
    results: TaskResults,
    way: str,
    scores: pd.DataFrame,
    methods: Sequence[MethodView],
    columns: Sequence[str],
) -> ResultBlock:
    runs = run_table(scores, results.measure.metric)
    reference = reference_of(results, runs, methods)
    shown = [results.floor, *methods]
    found = block(
        *("conditions", results.name, results.measure, scores, shown, columns, reference),
        results.test_to_train,
    )
    return mark_best(found, results, lambda _: way)


def _table(
    results: TaskResults, way: str, names: Sequence[str], emptied: Mapping[str, float]
) -> TableView:
    blocks = dict(condition_blocks(results, way, names))
    methods = next(iter(blocks.values())).methods
    rows = [
        Row([Cell(column), *_cells(found, column)], column == AVERAGE, title)
        for title, found in blocks.items()
        for column in found.columns
    ]

    data = [found.long_form().assign(group=title) for title, found in blocks.items()]
    return TableView(
        caption=f"Conditions under {way.upper()}, {WAYS[way]}. {results.measure.caption()}.",
        columns=["Condition", *(method.label for method in methods)],
        rows=rows,
        text=("Condition",),
        name=f"{results.name}_conditions_{way}",
        note=" ".join((*_notes(blocks), *_note_on_nothing(names, emptied))),
        source=results.source("scores.csv"),
        data=pd.concat(data, ignore_index=True).assign(table=f"conditions_{way}"),
    )


def _cells(found: ResultBlock, column: str) -> list[Cell]:
    return [number(found.results[method.name, column], found.measure) for method in found.methods]


def _note_on_nothing(names: Sequence[str], emptied: Mapping[str, float]) -> Iterator[str]:
    """Conditions under which methods know nothing of many utterances and only guess."""
    told = [f"{100 * emptied[name]:.1f} % under {name}" for name in names if emptied.get(name)]
    if told:
        shares = ", ".join(told)
        yield f"Utterances of which nothing was left, never extracted or withheld: {shares}."


def _notes(blocks: dict[str, ResultBlock]) -> Iterator[str]:
    if max(found.n_runs for found in blocks.values()) < 2:
        yield "One run (fold × seed) each: no deviation, no test."
        return
    yield "Mean over runs (folds × seeds) ± standard deviation."
    compared = {title: found.reference.label for title, found in blocks.items() if found.reference}
    if compared:
        named = "; ".join(f"{label} ({title.lower()})" for title, label in compared.items())
        yield (
            f"* p < .05, ** p < .01 against the strongest other method, {named}: {TEST}, "
            "Holm-corrected over the group; Wilcoxon's test stands in the CSV. " + BOLD
        )
