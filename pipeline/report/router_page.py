"""What routers choose: mean weights of the token mixers, by layer and by what is missing.

Means over the test utterances of one run at all missing rates (`pipeline.report.traces`).
Shapes: L layers, P patterns of usable modalities, O candidates.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.base.records import MODALITIES
from pipeline.report.figures import plot_stacks
from pipeline.report.task_data import TaskResults
from pipeline.report.traces import Trace
from pipeline.report.views import FigureView, Part

Weights = NDArray[np.floating]


def router_part(results: TaskResults, traces: Sequence[Trace]) -> Part | None:
    """Two figures per modality and method; None where no network has a router."""
    figures = [
        by_what(results, trace, modality, weights)
        for trace in traces
        for by_what in (_by_layer, _by_missingness)
        for modality, weights in trace.of("router").items()
    ]
    if not figures:
        return None
    text = (
        "Mean weights over the test utterances of one run, at all missing rates together. "
        '"Own": the modality itself is missing; "other": another one is.'
    )
    return Part("Routers' choice of token mixers", text, figures=figures, is_small=True)


def by_layer(weights: Weights, counts: NDArray[np.integer]) -> Weights:
    """(L, P, O) means of patterns and their counts (P,) -> (L, O) means over utterances."""
    means: Weights = np.einsum("lpo,p->lo", weights, counts / counts.sum())
    return means


def by_missingness(
    weights: Weights, patterns: NDArray[np.bool_], counts: NDArray[np.integer], modality: str
) -> dict[str, Weights]:
    """(O,) means over layers and utterances for each number of missing modalities, own or other."""
    there = patterns.any(axis=0)  # modalities that the task has
    n_missing = (~patterns & there).sum(axis=1)
    own = ~patterns[:, MODALITIES.index(modality)]
    found = {}
    for n in sorted(set(n_missing.tolist())):
        for is_own in (False, True):
            chosen = (n_missing == n) & (own == is_own)
            if counts[chosen].sum():
                name = f"{n}" if n == 0 else f"{n}\n{'own' if is_own else 'other'}"
                found[name] = by_layer(weights[:, chosen], counts[chosen]).mean(axis=0)
    return found


def _by_layer(results: TaskResults, trace: Trace, modality: str, weights: Weights) -> FigureView:
    layers = by_layer(weights, trace.arrays["counts"])
    columns = {str(number): layer for number, layer in enumerate(layers, start=1)}
    return _figure(results, trace, modality, columns, "layer")


def _by_missingness(
    results: TaskResults, trace: Trace, modality: str, weights: Weights
) -> FigureView:
    arrays = trace.arrays
    columns = by_missingness(weights, arrays["patterns"], arrays["counts"], modality)
    return _figure(results, trace, modality, columns, "missing modalities")


def _figure(
    results: TaskResults, trace: Trace, modality: str, columns: dict[str, Weights], x_label: str
) -> FigureView:
    series = {
        candidate: [float(column[index]) for column in columns.values()]
        for index, candidate in enumerate(trace.candidates)
    }
    return FigureView(
        f"{results.name}_router_{trace.method.name}_{modality}_{x_label.split()[0]}",
        plot_stacks(list(columns), series, x_label, modality, is_small=True),
        f"{modality}, by {x_label}; {trace.method.label}, {trace.run}",
        results.source(f"traces/{trace.method.name}.safetensors"),
        _long_form(columns, series, x_label),
    )


def _long_form(
    columns: dict[str, Weights], series: dict[str, list[float]], x_label: str
) -> pd.DataFrame:
    return pd.DataFrame(
        {x_label: column.replace("\n", " "), "mixer": mixer, "weight": shares[index]}
        for index, column in enumerate(columns)
        for mixer, shares in series.items()
    )
