"""AE: an autoencoder fills in missing modalities of single utterances.

Bengio, Lamblin, Popovici and Larochelle 2006, "Greedy layer-wise training of deep networks", in
the form that GCNet's comparison uses (reading.md B.6): encoders -> autoencoder -> decoders,
classifier. 1,284,228 parameters with features of 512, 1024, 1024 and four classes (paper Table 5:
1.29M).

Left out: greedy layer-wise pretraining (the comparison trains all at once), and the published
visual features of IEMOCAP, a mean over both actors' faces: features are the speaker's own here.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from models.ae.settings import AutoencoderSettings
from models.fast.products import Chain, Linear
from models.imputation import Imputation
from models.learner import Learner, TaskShape


class SimpleAutoencoder(Chain):
    """F -> layers -> F, LeakyReLU after each linear layer, ReLU after the last."""

    def __init__(self, width: int, layers: Sequence[int]) -> None:
        widths = [width, *layers, *reversed(layers[:-1]), width]
        parts: list[nn.Module] = []
        for n_in, n_out in pairwise(widths):
            parts += [Linear(n_in, n_out), nn.LeakyReLU()]
        super().__init__(*parts[:-1], nn.ReLU())


def build(settings: AutoencoderSettings, shape: TaskShape) -> Learner:
    """Build AE for a task."""
    fused_dim = settings.hidden_dim * len(shape.feature_dims)
    return Imputation(SimpleAutoencoder(fused_dim, settings.layers), settings, shape)
