"""How many parameters every method has at the sizes of the paper, beside its printed Table 5.

Sizes: features 512, 1024, 1024; four-class IEMOCAP, 110 utterances, two speakers (reading.md A.4,
B.5 to B.7). What is published, and what explains a difference, says models/<method>/method.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from models.learner import TaskShape
from models.registry import find_method, learner_module, our_methods

DIMS = {"audio": 512, "text": 1024, "visual": 1024}
IEMOCAP4 = TaskShape(DIMS, 4, "classification", 110, 2)


@dataclass(frozen=True)
class ParameterRow:
    """One row of Table 5."""

    model: str
    module: str
    parameters: int
    published: str
    note: str


def parameter_rows() -> list[ParameterRow]:
    """A row for each published size of each method."""
    return [row for name in our_methods() for row in _rows(name)]


def _rows(name: str) -> Iterator[ParameterRow]:
    info = find_method(name)
    learner = import_module(learner_module(name)).build(info.sized or info.settings(), IEMOCAP4)
    counts = learner.published_counts()
    for size in info.sizes:
        yield ParameterRow(name, size.network, counts[size.network], size.printed, size.note)
