"""The traces that the stage `trace` wrote, one file per form of ITEACNet.

Arrays: `attention.{modality}` and `plain.{modality}` (L, T, T), weights of self-attention as used
and with ECCE taken out, means over heads; `context.{modality}` (L or 1, T, T), ECCE; and
`router.{modality}` (L, P, O), mean weights of the O candidates over the test utterances of each of
P patterns of usable modalities, `patterns` (P, 3) and `counts` (P,). All of one run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from pipeline.base.arrays import read_arrays
from pipeline.base.artefacts import trace_place
from pipeline.base.records import MODALITIES
from pipeline.report.method_views import MethodView
from pipeline.report.task_data import TaskResults
from pipeline.report.words import said_of_training


@dataclass(frozen=True)
class Trace:
    """What one run of a method does inside."""

    method: MethodView
    arrays: Mapping[str, NDArray[Any]]
    header: Mapping[str, Any]

    def of(self, kind: str) -> dict[str, NDArray[Any]]:
        """Arrays of one kind by modality, in order."""
        found = {modality: self.arrays.get(f"{kind}.{modality}") for modality in MODALITIES}
        return {modality: array for modality, array in found.items() if array is not None}

    @property
    def candidates(self) -> list[str]:
        """Names of the O candidates, in words."""
        named = (str(name).replace("_", " ") for name in self.header["candidates"])
        return [name.replace("mlp", "MLP") for name in named]

    @property
    def run(self) -> str:
        """Which run this is, in words."""
        rate, fold, seed = (self.header[key] for key in ("train_rate", "fold", "seed"))
        trained = said_of_training(rate)
        return f"{self.header['network']} trained {trained}, fold {fold}, seed {seed}"


def read_traces(results: TaskResults) -> list[Trace]:
    """Traces of the task's methods that have one, the main method first."""
    found = []
    for method in results.methods:
        if method.design is not None:
            path = results.folder / trace_place(method.name)
            found.append(Trace(method, *read_arrays(path)))
    return found
