"""Risk against coverage: how often each method is wrong where it answers its surest rows alone."""

from collections.abc import Hashable, Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.evaluation.aggregate import rates_in, run_table
from pipeline.evaluation.selective import COVERAGES, risks
from pipeline.report.figures import Curve, plot_panels
from pipeline.report.method_views import MethodView
from pipeline.report.task_data import TaskResults
from pipeline.report.told import RunTold, States, runs_told, states_of
from pipeline.report.views import FigureView, Part

KEYS = ["method", "fold", "seed", "rate"]
TEXT = (
    "Left of each picture only the surest predictions are given, at its right end all of them. A "
    "curve that rises says that a method knows where it fails; a flat one, that its confidence is "
    "worth nothing. Sure: the probability of what is told, calibrated where there are "
    "temperatures; of numbers about a middle without one, the distance from it. Means over runs."
)


def risk_part(results: TaskResults) -> Part:
    """A picture for the least and the most missing; nothing where nothing is wrong or right."""
    if results.task.measured == "dimensional":
        return Part("Risk against coverage")
    way = results.evaluation_of(results.main)
    methods = [method for method in results.methods if way in method.evaluations]
    rates = rates_in(run_table(results.of_evaluation(way), results.measure.metric))
    ends = list(dict.fromkeys([rates[0], rates[-1]]))
    rows = pd.DataFrame(_long_form(results, methods, ends), columns=[*KEYS, "coverage", "risk"])
    rows = rows.dropna()
    if rows.empty:
        return Part("Risk against coverage")

    groups = rows.groupby(["rate", "method"], sort=False)
    means = {key: group.groupby("coverage")["risk"].mean() for key, group in groups}
    panels = {f"missing rate {rate}": list(_curves(results, means, rate)) for rate in ends}
    figure = FigureView(
        f"{results.name}_risk",
        plot_panels(panels, "answered (%)", "wrong among them (%)"),
        f"Risk against coverage under {way.upper()}",
        results.source("runs/*/*/*/predictions.csv"),
        rows.assign(task=results.name),
    )
    return Part("Risk against coverage", TEXT, figures=[figure], is_wide=True)


def _long_form(
    results: TaskResults, methods: list[MethodView], rates: list[str]
) -> Iterator[tuple[str, int, int, str, float, float]]:
    """A risk of one run at one coverage per row."""
    states: States = states_of(results)
    for method in methods:
        for run in runs_told(results, method, states):
            for rate in rates:
                for coverage, risk in zip(COVERAGES, _risks(results, run, rate), strict=True):
                    yield method.name, run.fold, run.seed, rate, float(coverage), float(risk)


def _risks(results: TaskResults, run: RunTold, rate: str) -> NDArray[np.float64]:
    """(K,) of a run's rows at a rate; nan where nobody knows how sure it is."""
    rows = run.table[run.table["rate"] == rate]
    if results.task.measured == "classes":
        right, sure = rows["target"] == rows["predicted"], rows["confidence"]
    else:
        rows = rows[rows["target"] != 0]
        right = (rows["target"] > 0) == (rows["predicted"] > 0)
        sure = rows["confidence"].fillna(rows["predicted"].abs())
    if sure.isna().any():
        return np.full(len(COVERAGES), np.nan)
    return risks(sure.to_numpy(), right.to_numpy())


def _curves(
    results: TaskResults, means: Mapping[tuple[Hashable, ...], pd.Series], rate: str
) -> Iterator[Curve]:
    for method in results.methods:
        found = means.get((rate, method.name))
        if found is not None:
            x = [100 * coverage for coverage in found.index]
            y = [100 * risk for risk in found]
            yield Curve(method.label, x, y, [0.0] * len(x), results.hue(method))
