"""How evenly a method uses its modalities: each alone, and what is lost without each."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from pipeline.base.records import Modality
from pipeline.config.conditions import Only, subsets_of
from pipeline.evaluation.aggregate import run_table
from pipeline.evaluation.patterns import balance
from pipeline.report.method_views import MethodView, in_paper_order
from pipeline.report.spread_rows import spread_rows
from pipeline.report.task_data import TaskResults
from pipeline.report.views import TableView

SOME_LACK_IT = (
    "A share below a head is that of the utterances that have the modality: of the others a method "
    "knows nothing there, so that such a number says little of how it is used."
)


def balance_table(results: TaskResults, way: str, emptied: Mapping[str, float]) -> TableView | None:
    """None unless every subset of two modalities or more was tested.

    `emptied`: by condition, the share of utterances of which a method gets nothing.
    """
    modalities = results.section.sorted_modalities
    subsets = {subset.name: "+".join(subset.named) for subset in subsets_of(modalities)}
    if len(modalities) < 2 or not set(subsets) <= set(results.conditions):
        return None
    scores = results.of_conditions(way)
    chosen = scores[scores["rate"].isin(list(subsets))]
    table = run_table(chosen, results.measure.metric).rename(columns=subsets)
    methods = in_paper_order([m for m in results.methods if way in m.evaluations])

    heads = _heads(modalities, emptied)
    data = pd.DataFrame(_long_form(results, table, methods))
    whats = list(dict.fromkeys(data["what"]))
    rows = spread_rows(results, methods, data, whats, by="what")
    return TableView(
        caption=f"Equity between modalities under {way.upper()}, and what each adds. "
        f"{results.measure.caption()}.",
        columns=["Method", *whats],
        rows=rows,
        text=("Method",),
        heads=heads,
        name=f"{results.name}_equity_{way}",
        note="Gap alone: best less worst single modality, 0 where all serve alike. Lost without: "
        "complete data less what stays when one modality is taken from every utterance. Taken "
        "within each run, then mean ± standard deviation over runs."
        + (f" {SOME_LACK_IT}" if heads else ""),
        source=results.source("scores.csv"),
        data=data.assign(task=results.name, evaluation=way, metric=results.measure.metric),
    )


def _heads(modalities: Sequence[Modality], emptied: Mapping[str, float]) -> dict[str, str]:
    """How many utterances have a modality that not all have."""
    shares = {name: 1 - emptied[Only((name,)).name] for name in modalities}
    return {f"{name} alone": f"of {100 * n:.1f} %" for name, n in shares.items() if n < 1}


def _long_form(
    results: TaskResults, table: pd.DataFrame, methods: list[MethodView]
) -> Iterator[dict[str, object]]:
    """One number of one run per row."""
    names = {method.name for method in methods}
    for run, values in table.iterrows():
        method, fold, seed = run if isinstance(run, tuple) else (run, 0, 0)
        if method in names:
            scores = {str(name): float(value) for name, value in values.items()}
            for what, value in balance(scores, results.section.sorted_modalities):
                yield {"method": method, "fold": fold, "seed": seed, "what": what, "value": value}
