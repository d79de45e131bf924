"""From a method of the configuration to its learner, by the name of its model.

The module is imported by name, so that a method's code digest holds its own model's modules and
no other's (`Method.learner_module`).
"""

from importlib import import_module

import torch
from torch import Tensor

from models.learner import Learner, Score, TaskShape
from models.own_modules import is_own
from pipeline.config.methods import MethodSettings
from pipeline.conversations.collate import collate, items_of
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.index import IntArray
from pipeline.training.memory import spare_memory

MOST_MISSING = 10  # times as many values as are stored
FEW_VALUES = 10_000_000  # 40 MB


def build_learner(method: MethodSettings, shape: TaskShape) -> Learner:
    """The learner of a method; initial weights come from torch's global generator."""
    spare_memory(shape.max_utterances)
    module = import_module(method.learner_module)
    learner = module.build(method.settings.typed(), shape)
    if not isinstance(learner, Learner):
        raise TypeError(f"{module.__name__}.build returned {type(learner).__name__}, not a Learner")
    return learner


def build_for(method: MethodSettings, shape: TaskShape, n_values: int) -> Learner:
    """The learner that so many stored values are for.

    ValueError where it would have far more of them: told before anything is allocated. Some may be
    missing, as a teacher that nobody asks any more.
    """
    if not is_own(method.model):  # which may not bear to be built of nothing
        with torch.device("meta"):
            needed = sum(map(Tensor.numel, build_learner(method, shape).state_dict().values()))
        if needed > MOST_MISSING * n_values + FEW_VALUES:
            raise ValueError(f"a network of {needed:,} values, and {n_values:,} are stored")
    return build_learner(method, shape)


def prepare_learner(learner: Learner, conversations: Conversations, train: IntArray) -> None:
    """Show the learner its whole training set, if it wants to see it."""
    if type(learner).prepare is not Learner.prepare:
        items = items_of(conversations.index, train, learner.batching)
        learner.prepare(collate(conversations, items))


def tune_learner(
    learner: Learner, conversations: Conversations, validation: IntArray, score: Score
) -> None:
    """Show the learner its whole validation set, if it chooses by it what is no epoch."""
    if type(learner).tune is not Learner.tune:
        items = items_of(conversations.index, validation, learner.batching)
        learner.tune(collate(conversations, items), score)


def count_parameters(learner: Learner) -> dict[str, int]:
    """Parameters of each network, and what the last phase trains (paper Table 5)."""
    counts = {
        name: sum(parameter.numel() for parameter in child.parameters())
        for name, child in learner.named_children()
    }
    return {**counts, "trained": learner.count_parameters()}
