"""CRA: a cascade of residual autoencoders fills in missing modalities of single utterances.

Tran, Liu, Zhou and Jin 2017, "Missing modalities imputation via cascaded residual autoencoder", in
the form that GCNet's comparison uses (reading.md B.6): encoders -> cascade -> decoders, classifier.
2,106,244 parameters with three blocks, features of 512, 1024, 1024, four classes (Table 5: 2.11M).

Left out: the paper's own fully connected image networks, and the published visual features of
IEMOCAP, a mean over both actors' faces: features are the speaker's own here.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from models.cra.settings import CraSettings
from models.fast.products import Chain, Linear
from models.imputation import Imputation
from models.learner import Learner, TaskShape


def _chain(widths: Sequence[int], activation: type[nn.Module]) -> Chain:
    """Linear layers with `activation` between them and none after the last."""
    parts: list[nn.Module] = []
    for n_in, n_out in pairwise(widths):
        parts += [Linear(n_in, n_out), activation()]
    return Chain(*parts[:-1])


class ResidualAutoencoder(nn.Module):
    """n blocks F -> layers -> F, each fed with all that came before it: x_i = x_{i-1} + out_{i-1}.

    `latents` has n * L values, L the last of `layers`; MMIN classifies from them.
    """

    def __init__(self, width: int, layers: Sequence[int], n_blocks: int) -> None:
        super().__init__()
        down, up = [width, *layers], [*reversed(layers), width]
        self.encoders = nn.ModuleList([_chain(down, nn.LeakyReLU) for _ in range(n_blocks)])
        self.decoders = nn.ModuleList([_chain(up, nn.ReLU) for _ in range(n_blocks)])
        self.transition = _chain([width, width, width], nn.ReLU)

    def with_latents(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(..., F) -> completed (..., F), latents (..., n * L)."""
        latents = []
        for encode, decode in zip(self.encoders, self.decoders, strict=True):
            latents.append(encode(x))
            x = x + decode(latents[-1])
        return self.transition(x), torch.cat(latents, dim=-1)

    def latents(self, x: Tensor) -> Tensor:
        """(..., F) -> latents (..., n * L), without what they do not need: the last decoder."""
        found = [self.encoders[0](x)]
        for encode, decode in zip(self.encoders[1:], self.decoders[:-1], strict=True):
            x = x + decode(found[-1])
            found.append(encode(x))
        return torch.cat(found, dim=-1)

    def forward(self, x: Tensor) -> Tensor:
        """(..., F) -> completed (..., F)."""
        return self.with_latents(x)[0]


def build(settings: CraSettings, shape: TaskShape) -> Learner:
    """Build CRA for a task."""
    fused_dim = settings.hidden_dim * len(shape.feature_dims)
    cascade = ResidualAutoencoder(fused_dim, settings.layers, settings.n_blocks)
    return Imputation(cascade, settings, shape)
