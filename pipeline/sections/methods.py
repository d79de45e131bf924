"""`methods` and `train`: which networks, how they are built, how they are trained.

One section per model; every default is the paper's, or FACTS E where the paper is silent.
"""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.settings import Name, Section

Positive = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
# One model for all rates | a model per rate | a model of complete data (PAPER Table 1).
Evaluation = Literal["ume", "ime", "complete"]
Mixer = Literal[
    "attention",
    "time_mlp",
    "average_pool",
    "max_pool",
    "identity",
    "depthwise_conv",
    "pointwise",
    "average_pool_minus_input",
    "time_linear",
]


class ContextSettings(Section):
    """ECCE, the emotion context changing encoder (PAPER Algorithm 1, FACTS A.3)."""

    # Local context: a convolution of all channels | softmax weights that channels share | none.
    local: Literal["dense", "shared_softmax", "off"] = "dense"
    is_global: bool = True  # False: no ECCE at all, plain self-attention
    kernel: Count = 7  # utterances that the local context looks at
    band: Count = 30  # |i - j| <= band keeps a segment mean, inclusive
    per_head: bool = False  # d_e = 8 instead of 1
    per_layer: bool = False  # computed anew in every layer from its input
    dropout: Dropout = 0.5


class NetworkSettings(Section):
    """One encoder-decoder of ITEACNet: teacher or student (FACTS A.2, A.4)."""

    encoder: Literal["transformer", "nas"]  # attention | a router over `mixers`
    n_layers: Count
    dropout: Dropout
    # Candidates of nas: attention, time MLP, average and max pooling | BurgerFormer's six | a list.
    mixers: Literal["iteach4", "burger6"] | tuple[Mixer, ...] = "iteach4"
    router: Literal["linear", "none"] = "linear"  # weights by utterance | all alike


class IteacnetSettings(Section):
    """`methods.<name>.settings` of model iteacnet: networks, framework, losses, rates."""

    # Teacher and student | one network on complete and on incomplete data | on complete data alone.
    framework: Literal["its", "gcnet", "teacher_only"] = "its"
    teacher: NetworkSettings = NetworkSettings(encoder="transformer", n_layers=3, dropout=0.5)
    student: NetworkSettings = NetworkSettings(encoder="nas", n_layers=4, dropout=0.0)
    context: ContextSettings = ContextSettings()
    hidden_dim: Count = 128
    n_heads: Count = 8
    ffn_ratio: Positive = 4.0  # width of the feed-forward blocks, times hidden_dim
    # Text asks audio and vision at once | one after the other, each with the sum so far.
    fusion: Literal["parallel", "sequential"] = "parallel"
    padding: Literal["exact", "published"] = "exact"  # published: attention alone ignores padding
    regression_loss: Literal["mse", "l1"] = "mse"  # squared as in Eq. 13 | absolute as in the text
    imputation_weights: tuple[Weight, ...] = (0.5, 0.1, 0.05)  # H1, H2, H3 (Eq. 14)
    imputation_rows: Literal["missing", "all"] = "missing"  # utterances that lack something | all
    learning_rate: Positive = 5e-4
    router_learning_rate: Positive = 5e-3
    weight_decay: Weight = 1e-5
    batch_size: Count = 32


class GcnetSettings(Section):
    """`methods.<name>.settings` of model gcnet (FACTS B.5)."""

    hidden_dim: Count = 200
    window_past: Count = 2  # utterances before that the graph links to
    window_future: Count = 2  # utterances after
    time_attention: bool = True  # over the dialogue, after the recurrent layers
    dropout: Dropout = 0.5
    reconstruction_weight: Weight = 1.0
    unused_gru: bool = False  # instantiate the published code's idle bi-GRU (parameter count only)
    learning_rate: Positive = 1e-3
    weight_decay: Weight = 1e-5
    batch_size: Count = 32


class UtteranceSettings(Section):
    """What ae, cra and mmin share: optimisation and encoders of single utterances (FACTS B.6)."""

    hidden_dim: Count = 128  # of every fully connected part, and of one encoded modality
    dropout: Dropout = 0.5
    learning_rate: Positive = 1e-3
    decay_after: Count | None = 20  # epochs at the full rate before it falls; None = constant
    max_grad_norm: Positive | None = 5.0  # per sub-network; None = no clipping
    batch_size: Count = 256


class AutoencoderSettings(UtteranceSettings):
    """`methods.<name>.settings` of model ae (FACTS B.6)."""

    layers: tuple[Count, ...] = (256, 128)  # widths on the way down
    reconstruction_weight: Weight = 0.2


class CraSettings(AutoencoderSettings):
    """`methods.<name>.settings` of model cra (FACTS B.6)."""

    n_blocks: Count = 3
    reconstruction_weight: Weight = 0.8


class MminSettings(UtteranceSettings):
    """`methods.<name>.settings` of model mmin (FACTS B.6)."""

    layers: tuple[Count, ...] = (256, 128, 64)
    n_blocks: Count = 5
    imagination_weight: Weight = 4.0
    cycle_weight: Weight = 2.0
    pretrain_dropout: Dropout = 0.3
    pretrain_epochs: Count = 100


class CpmnetSettings(Section):
    """`methods.<name>.settings` of model cpmnet (FACTS B.7)."""

    code_dim: Count = 128  # values of the latent code of an utterance
    class_weight: Weight = 1.0  # of the classification loss, lambda
    train_epochs: Count = 30
    test_epochs: Count = 300
    steps: Count = 5  # of each optimiser in an epoch
    decoder_learning_rate: Positive = 1e-3
    code_learning_rate: Positive = 1e-2
    test_learning_rate: Positive = 1e-3


class _Method(Section):
    evaluations: Annotated[tuple[Evaluation, ...], Field(min_length=1)] = ("ume",)
    label: str = ""  # what tables print; "" = the method's name


class IteacnetMethod(_Method):
    """A method that trains ITEACNet in one of its forms."""

    model: Literal["iteacnet"]
    settings: IteacnetSettings = IteacnetSettings()


class GcnetMethod(_Method):
    """A method that trains GCNet."""

    model: Literal["gcnet"]
    settings: GcnetSettings = GcnetSettings()


class AutoencoderMethod(_Method):
    """A method that trains AE."""

    model: Literal["ae"]
    settings: AutoencoderSettings = AutoencoderSettings()


class CraMethod(_Method):
    """A method that trains CRA."""

    model: Literal["cra"]
    settings: CraSettings = CraSettings()


class MminMethod(_Method):
    """A method that trains MMIN."""

    model: Literal["mmin"]
    settings: MminSettings = MminSettings()


class CpmnetMethod(_Method):
    """A method that trains CPM-Net."""

    model: Literal["cpmnet"]
    settings: CpmnetSettings = CpmnetSettings()


MethodSettings = Annotated[
    IteacnetMethod | GcnetMethod | AutoencoderMethod | CraMethod | MminMethod | CpmnetMethod,
    Field(discriminator="model"),
]


class TrainSettings(Section):
    """`train`: shared by all methods; a method's `settings` hold what is its own."""

    methods: tuple[Name, ...] = ("iteacnet",)
    tasks: tuple[Name, ...] = ()  # () = all
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = (0,)
    n_epochs: Annotated[int, Field(ge=1, le=10000)] = 100
    train_rate: str = "0.7"  # UME: a rate, "random" or "progressive" (FACTS A.6)
    patience: Annotated[int, Field(ge=1)] | None = None  # epochs without gain; None = no early stop

    @model_validator(mode="after")
    def _rate_is_known(self) -> "TrainSettings":
        parse_train_rate(self.train_rate)
        return self


def parse_train_rate(text: str) -> float | Literal["random", "progressive"]:
    """Return a training rate as a number or a strategy's name; refuse anything else."""
    if text == "random":
        return "random"
    if text == "progressive":
        return "progressive"
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= 0.7:
        raise ValueError(f"train_rate={text!r}: use 0.0 to 0.7, 'random' or 'progressive'")
    return rate


def model_module(model: str) -> str:
    """Module whose `build(settings, shape)` makes the learner of a model."""
    return "models.iteacnet.learner" if model == "iteacnet" else f"models.baselines.{model}"
