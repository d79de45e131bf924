"""What routers choose: mean weights of the token mixers, by layer and by what is missing.

Means over the test utterances of one run at all missing rates (`pipeline.report.traces`).
Shapes: L layers, P patterns of usable modalities, O candidates.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.base.records import MODALITIES
from pipeline.report.figures import Stacks, plot_stack_grid
from pipeline.report.task_data import TaskResults
from pipeline.report.traces import Trace
from pipeline.report.views import FigureView, Part

Weights = NDArray[np.floating]


def router_part(results: TaskResults, traces: Sequence[Trace]) -> Part | None:
    """A figure for each method, a row of panels for each modality; None where nobody routes."""
    figures = [_figure(results, trace) for trace in traces if trace.of("router")]
    if not figures:
        return None
    text = (
        "Mean weights over the test utterances of one run, at all missing rates together. "
        "Left by layer, right by how many modalities are missing; “own”: the modality itself is "
        "missing; “other”: another one is."
    )
    return Part("Routers' choice of token mixers", text, figures=figures)


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


def _figure(results: TaskResults, trace: Trace) -> FigureView:
    panels = [
        panel for name, found in trace.of("router").items() for panel in _row(trace, name, found)
    ]
    return FigureView(
        f"{results.name}_router_{trace.method.name}",
        plot_stack_grid(panels, 2),
        f"What the routers of {trace.method.label} choose; {trace.run}",
        results.source(f"traces/{trace.method.name}.safetensors"),
        pd.DataFrame(row for panel in panels for row in _long_form(panel)),
    )


def _row(trace: Trace, modality: str, weights: Weights) -> Iterator[Stacks]:
    """The panels of a modality."""
    arrays = trace.arrays
    layers = by_layer(weights, arrays["counts"])
    columns = {str(number): layer for number, layer in enumerate(layers, start=1)}
    yield _stacks(trace, modality, "layer", columns)

    columns = by_missingness(weights, arrays["patterns"], arrays["counts"], modality)
    yield _stacks(trace, modality, "missing modalities", columns)


def _stacks(trace: Trace, title: str, x_label: str, columns: dict[str, Weights]) -> Stacks:
    series = {
        candidate: [float(column[index]) for column in columns.values()]
        for index, candidate in enumerate(trace.candidates)
    }
    return Stacks(title, x_label, list(columns), series)


def _long_form(panel: Stacks) -> Iterator[dict[str, object]]:
    for index, column in enumerate(panel.columns):
        for mixer, shares in panel.series.items():
            yield {
                **{
                    "modality": panel.title,
                    "by": panel.x_label,
                    "column": column.replace("\n", " "),
                },
                **{"mixer": mixer, "weight": shares[index]},
            }
