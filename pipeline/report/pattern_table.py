"""Scores by pattern: what of an utterance could be used, at all rates of the paper together."""

from collections import Counter
from collections.abc import Iterator

import pandas as pd

from pipeline.config.conditions import is_rate, subsets_of
from pipeline.evaluation.pattern_names import NOTHING, pattern_names
from pipeline.evaluation.patterns import scores_by_pattern
from pipeline.evaluation.scoring import metrics_of
from pipeline.report.masked_folds import masked_folds
from pipeline.report.method_views import MethodView, in_paper_order
from pipeline.report.spread_rows import spread_rows
from pipeline.report.task_data import TaskResults
from pipeline.report.views import TableView

Patterns = dict[int, dict[tuple[str, str], str]]  # fold -> (rate, utterance_id) -> pattern


def pattern_table(results: TaskResults, way: str) -> TableView | None:
    """None where all utterances are of one pattern."""
    patterns = patterns_of(results)
    counts = Counter(name for found in patterns.values() for name in found.values())
    order = ["+".join(subset.named) for subset in subsets_of(results.section.sorted_modalities)]
    names = [name for name in (*order, NOTHING) if counts[name]]
    if len(names) < 2:
        return None

    methods = in_paper_order([m for m in results.methods if way in m.evaluations])
    data = pd.DataFrame(
        row for method in methods for row in _long_form(results, way, method, patterns)
    )
    rows = spread_rows(results, methods, data, names, by="pattern", digits=2)
    return TableView(
        caption=f"By what of an utterance could be used, all rates of {way.upper()} together. "
        f"{results.measure.caption()}.",
        columns=["Method", *names],
        rows=rows,
        text=("Method",),
        heads={name: f"{counts[name]} utterances" for name in names},
        name=f"{results.name}_patterns_{way}",
        note="An utterance counts once at each rate. Usable: extracted and not withheld.",
        source=results.source("runs/*/*/*/predictions.csv"),
        data=data.assign(task=results.name, evaluation=way, metric=results.measure.metric),
    )


def patterns_of(results: TaskResults) -> Patterns:
    """What of each test utterance could be used at each rate."""
    found: Patterns = {}
    for masked in masked_folds(results):
        if is_rate(masked.condition):
            names = pattern_names(masked.usable, results.section.sorted_modalities)
            keys = [(masked.condition, str(name)) for name in masked.utterance_ids]
            found.setdefault(masked.fold, {}).update(zip(keys, names, strict=True))
    return found


def _long_form(
    results: TaskResults, way: str, method: MethodView, patterns: Patterns
) -> Iterator[dict[str, object]]:
    """One number of one run per row."""

    def score(group: pd.DataFrame) -> float:
        if results.task.measured == "sentiment" and not (group["target"] != 0).any():
            return float("nan")
        told = group["target"].tolist(), group["predicted"].tolist()
        return metrics_of(*told, results.task)[results.measure.metric]

    for fold, seed, predictions in results.run_predictions(method.name, way):
        scores = scores_by_pattern(predictions, patterns[fold], score)
        for name, value in scores.items():
            yield {
                **{"method": method.name, "fold": fold, "seed": seed},
                **{"pattern": name, "value": value},
            }
