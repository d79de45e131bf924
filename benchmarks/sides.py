"""The two sides of benchmarks/training.py: ours, and the frozen plain code of benchmarks/plain.

Both train on the dialogues of one `Made`, an epoch at rates from U(0, 0.7), and evaluate its test
dialogues under the same masks. Models have their published sizes and settings.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.plain import loop
from benchmarks.plain.gcnet import PlainGcnet
from benchmarks.plain.mmin import PlainMmin
from benchmarks.plain.teacher_student import TeacherStudent
from benchmarks.synthetic import DIMS, RATES, Made
from models.batch import ConversationBatch
from models.gcnet.settings import GcnetSettings
from models.iteacnet.settings import IteacnetSettings
from models.learner import Learner
from models.mmin.settings import MminSettings
from models.registry import find_method, learner_module
from pipeline.conversations.collate import collate, items_of
from pipeline.conversations.inference import predict_rates
from pipeline.training.contracts import TrainingData
from pipeline.training.masks import TrainingMasks
from pipeline.training.means import Means
from pipeline.training.optimizers import PhaseOptimizers

SETTINGS = {  # defaults, but GCNet with the attention that the plain code has
    "iteacnet": IteacnetSettings(),
    "gcnet": GcnetSettings(time_attention=True),
    "mmin": MminSettings(),
}


def training_data(made: Made) -> TrainingData:
    """What the pipeline's trainer takes; the test dialogues validate."""
    return TrainingData(
        conversations=made.conversations,
        train=made.train,
        validation=made.test,
        validation_rates=tuple(map(str, RATES)),
        validation_masks=made.masks,
        kind=made.size.kind,
    )


class Ours:
    """`models` and `pipeline`, as the training stage puts them together."""

    def __init__(self, model: str, made: Made) -> None:
        torch.manual_seed(0)
        self.made = made
        self.learner = build(model, made)
        self.phase = self.learner.phases()[-1]
        self.optimizers = PhaseOptimizers(self.phase)
        self.items = items_of(made.conversations.index, made.train, self.learner.batching)
        utterances = made.conversations.index.utterances_of(made.train)
        self.masks = TrainingMasks(
            made.conversations, utterances, "random", "exact", self.learner.masks, seed=0
        )
        self.epochs = 0

    def epoch(self) -> float:
        """One epoch in an order of its own."""
        self.learner.train()
        self.masks.start_epoch(0, self.epochs)
        means = Means()
        for batch in self._batches():
            loss = self.learner.loss(batch, self.phase.name)
            torch.autograd.backward(loss.total)
            self.optimizers.step()
            means.add(loss)
        self.epochs += 1
        return means.values()["loss"]

    def evaluate(self) -> NDArray[np.float32]:
        """All rates in one set of batches."""
        made = self.made
        return predict_rates(self.learner, made.conversations, made.test, made.masks, lambda: None)

    def state(self) -> dict[str, Any]:
        """Weights."""
        return self.learner.state_dict()

    def _batches(self) -> Iterator[ConversationBatch]:
        order = np.random.default_rng(self.epochs).permutation(len(self.items))
        for start in range(0, len(order), self.learner.batch_size):
            numbers = torch.from_numpy(order[start : start + self.learner.batch_size])
            items = self.items.take(numbers)
            yield self.masks.place(collate(self.made.conversations, items), items)


PLAIN = ("iteacnet", "gcnet", "mmin")  # what benchmarks/plain has


class Plain:
    """benchmarks/plain."""

    def __init__(self, model: str, made: Made) -> None:
        torch.manual_seed(0)
        self.network = build_plain(model, made).to(made.conversations.device)
        self.optimizers = self.network.optimizers()
        self.dialogues, self.masks = made.plain, made.plain_masks()
        self.epochs = 0

    def epoch(self) -> float:
        """One epoch in an order of its own."""
        rng = np.random.default_rng(self.epochs)
        self.epochs += 1
        return loop.train_epoch(self.network, self.optimizers, self.dialogues["train"], rng)

    def evaluate(self) -> NDArray[np.float32]:
        """One rate after the other."""
        return loop.evaluate(self.network, self.dialogues["test"], self.masks).numpy()

    def state(self) -> dict[str, Any]:
        """Weights."""
        return self.network.state_dict()


SIDES: dict[str, type[Ours] | type[Plain]] = {"plain": Plain, "ours": Ours}


def build(model: str, made: Made) -> Learner:
    """Ours, with SETTINGS; MMIN in its second phase."""
    module = import_module(learner_module(model))
    settings = SETTINGS.get(model) or find_method(model).settings()
    learner: Learner = module.build(settings, made.shape)
    if model == "mmin":
        learner.finish_phase("pretrain")
    return learner.to(made.conversations.device)


def build_plain(model: str, made: Made) -> loop.PlainModel:
    """The plain network of the same sizes."""
    shape = made.shape
    if model == "gcnet":
        return PlainGcnet(DIMS, shape.n_outputs, shape.n_speakers)
    if model == "mmin":
        return PlainMmin(DIMS, shape.n_outputs)
    return TeacherStudent(DIMS, shape.n_outputs, shape.max_utterances)


def largest_difference(model: str, made: Made) -> float:
    """Of the sides' outputs at all rates, both having the same weights."""
    ours, plain = Ours(model, made), Plain(model, made)
    plain.network.load_state_dict(ours.state())
    return float(np.abs(ours.evaluate() - plain.evaluate()).max())
