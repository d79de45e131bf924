"""`Learner`: what the training stage asks of every method, ITEACNet and baselines alike.

A learner owns its networks. It tells how it wants its data (`batching`, `masks`), in which phases
it trains (MMIN trains twice), its loss on a batch, and its predictions. It never draws a mask:
the batches that it is given carry them. Its `state_dict` is all that a fresh one needs to predict.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor, nn

from models.batch import ConversationBatch
from models.method import WHOLE
from models.vocabulary import Kind, Selection

Batching = Literal["dialogues", "utterances", "full"]
Masks = Literal["per_batch", "per_run"]
Score = Callable[[Tensor, Tensor], float]  # of (N,) targets, (N, C) outputs; higher is better


MAX_VALUES = 250_000_000  # of layers that grow with a dialogue: 1 GB, in training about six times


class TooLargeError(ValueError):
    """A network would need more memory than there is: told before anything is allocated."""


def check_values(n_values: int, what: str, way_out: str) -> None:
    """Refuse layers of too many values."""
    if n_values > MAX_VALUES:
        raise TooLargeError(
            f"{what} need {n_values:,} values, more than {MAX_VALUES:,} (6 GB in training): "
            f"{way_out}"
        )


@dataclass(frozen=True)
class TaskShape:
    """What a network must know of a task. Absent modalities are not in `feature_dims`.

    Masks keep M = 3 columns all the same; `max_utterances` is the longest dialogue of the corpus.
    """

    feature_dims: Mapping[str, int]  # modality -> D_m, in the order audio, text, visual
    n_outputs: int  # classes, or 1 for regression
    kind: Kind
    max_utterances: int
    n_speakers: int  # most speakers in one dialogue


@dataclass(frozen=True)
class OptimizerGroup:
    """Parameters that share one optimiser, with its settings."""

    parameters: Sequence[nn.Parameter]
    learning_rate: float
    kind: Literal["adam", "adamw"] = "adamw"
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    max_grad_norm: float | None = None  # L2 norm over the group, None = no clipping

    @classmethod
    def adam(
        cls, networks: Iterable[nn.Module], learning_rate: float, weight_decay: float
    ) -> "OptimizerGroup":
        """Adam over all that some networks hold."""
        held = [parameter for network in networks for parameter in network.parameters()]
        return cls(held, learning_rate, kind="adam", weight_decay=weight_decay)


@dataclass(frozen=True)
class Phase:
    """One stretch of training: its name, its share of the epochs and what it optimises.

    In each epoch every batch is visited `steps` times per entry of `groups` in turn when
    `alternate` is set (CPM-Net), otherwise once with all groups stepping together. The learning
    rates of an epoch are those of the groups times `rate_factor`.
    """

    name: str
    groups: Sequence[OptimizerGroup]
    n_epochs: int | None = None  # None = the run's own number
    alternate: bool = False
    steps: int = 1
    decay_after: int | None = None  # epochs at the full rate before it falls linearly, None = all
    is_complete: bool = False  # nothing is withheld: no mask is drawn

    def rate_factor(self, epoch: int, n_epochs: int) -> float:
        """Factor of the learning rates in `epoch` = 0, 1, ... of `n_epochs` (reading.md B.6).

        1 for `decay_after` epochs, then down by equal steps; the step after the last would be 0.
        """
        if self.decay_after is None or epoch < self.decay_after:
            return 1.0
        return 1 - (epoch + 1 - self.decay_after) / (n_epochs - self.decay_after + 1)


@dataclass(frozen=True)
class Loss:
    """The loss to minimise, and its parts for the history (detached)."""

    total: Tensor
    parts: Mapping[str, Tensor] = field(default_factory=dict)


class Learner(nn.Module):
    """Base of every method that the training stage can train."""

    batching: Batching = "dialogues"
    masks: Masks = "per_batch"
    batch_size: int = 32
    selection: Selection = "best"  # last: no epoch is selected, the last one stands
    sees_padding: bool = False  # outputs depend on the padding, and so on the company, in a batch
    max_utterances: int | None = None  # of a dialogue that it can take, None = any number
    max_speakers: int | None = None  # likewise
    fills_padding: bool = False  # what pads a batch costs as much memory as utterances do
    values_per_pair: int = 0  # that one step holds for each two utterances of a dialogue
    blind_without: str | None = None  # where an utterance lacks this modality its others go unheard
    # A step waits for no value where its batch has a `layout`, or dialogues of one utterance, and
    # vectors that are read unseen (`FeatureRows.is_fixed`): a GPU may replay it.
    is_replayable: bool = False
    weighs_classes: bool = False  # its loss heeds `class_weights`
    class_weights: Tensor | None  # (C,) weights of the classes in the loss, None = all 1
    gives_logits: bool = True  # False: classes are compared by numbers that no softmax belongs to

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("class_weights", None, persistent=False)

    def phases(self) -> Sequence[Phase]:
        """The phases in order; the last one is the one that epochs are selected from."""
        raise NotImplementedError

    def prepare(self, batch: ConversationBatch) -> None:
        """Called once with the whole training set, before `phases` (CPM-Net makes its codes)."""

    def tune(self, batch: ConversationBatch, score: Score) -> None:
        """Called once with the whole validation set, complete, after `prepare`.

        For what is chosen by validation and is no epoch (the strength of a linear model), by the
        score that epochs are selected by.
        """

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """Loss on a batch whose `available` holds the masks that the protocol drew.

        Features are complete (where extracted); a learner hides what is not `usable` itself.
        `group` counts the entries of `Phase.groups` when the phase alternates.
        """
        raise NotImplementedError

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) logits, C = 1 for regression, using only what is `usable` in the batch.

        The batch holds no other vector (`ConversationBatch.for_prediction`): to read one that is
        withheld is a `WithheldError`.
        """
        raise NotImplementedError

    @property
    def embeds(self) -> bool:
        """Whether `embed` and `predict_embedded` exist."""
        return False

    def embed(self, features: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """What `predict` makes of feature vectors (S, D_m) by themselves, before any mask.

        Where `embeds` is set, predictions at many rates share it.
        """
        raise NotImplementedError

    def predict_embedded(self, batch: ConversationBatch) -> Tensor:
        """`predict` of a batch whose features went through `embed`; its `rows` count theirs."""
        raise NotImplementedError

    def finish_phase(self, name: str) -> None:
        """Called when a phase has ended (MMIN freezes a copy of its pretrained encoders)."""

    def published_counts(self) -> Mapping[str, int]:
        """Parameters by network as the paper's Table 5 counts them; "-": the whole method."""
        return {WHOLE: self.count_parameters()}

    def count_parameters(self) -> int:
        """Values that the last phase trains, frozen copies excluded."""
        groups = self.phases()[-1].groups
        return sum(parameter.numel() for group in groups for parameter in group.parameters)


class EmbeddingLearner(Learner):
    """A learner that projects each modality by itself, which knows no mask."""

    @property
    def embeds(self) -> bool:
        """Always."""
        return True
