"""MMIN written for clarity: every modality and every term in full, for each batch. Frozen.

reading.md B.6. Parameters carry the names of models/mmin. Shapes: B utterances (T = 1), F
fused values.
"""

import itertools
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.plain.batches import PlainBatch
from benchmarks.plain.loop import PlainModel


def fully_connected(in_dim: int, hidden_dim: int, out_dim: int, dropout: float) -> nn.Sequential:
    """FC(in -> out) of reading.md B.6."""
    return nn.Sequential(
        nn.Linear(in_dim, hidden_dim),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden_dim, hidden_dim),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden_dim, out_dim),
    )


class Encoders(nn.ModuleDict):
    """One FC for each modality."""

    def __init__(self, feature_dims: Mapping[str, int], hidden_dim: int, dropout: float) -> None:
        super().__init__(
            {
                name: fully_connected(dim, hidden_dim, hidden_dim, dropout)
                for name, dim in feature_dims.items()
            }
        )

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """-> (B, T, F)."""
        return torch.cat([encode(features[name]) for name, encode in self.items()], dim=-1)


class Cascade(nn.Module):
    """Residual autoencoders, one fed with the sum of those before."""

    def __init__(self, width: int, layers: Sequence[int], n_blocks: int) -> None:
        super().__init__()
        self.encoders, self.decoders = nn.ModuleList(), nn.ModuleList()
        for _ in range(n_blocks):
            self.encoders.append(_chain([width, *layers], nn.LeakyReLU))
            self.decoders.append(_chain([*reversed(layers), width], nn.ReLU))
        self.transition = _chain([width, width, width], nn.ReLU)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, F) -> the same, and the latents of all blocks."""
        latents = []
        for encode, decode in zip(self.encoders, self.decoders, strict=True):
            latents.append(encode(x))
            x = x + decode(latents[-1])
        return self.transition(x), torch.cat(latents, dim=-1)


class Pretrained(nn.Module):
    """Encoders and a classifier, trained first on complete data."""

    def __init__(self, dims: Mapping[str, int], hidden_dim: int, n_outputs: int) -> None:
        super().__init__()
        self.encoders = Encoders(dims, hidden_dim, 0.3)
        self.classifier = fully_connected(len(dims) * hidden_dim, hidden_dim, n_outputs, 0.3)


class PlainMmin(PlainModel):
    """The phase "train": imagination of what is missing, and back."""

    batch_size = 256
    by_utterance = True

    def __init__(
        self,
        feature_dims: Mapping[str, int],
        n_outputs: int,
        hidden_dim: int = 128,
        layers: Sequence[int] = (256, 128, 64),
        n_blocks: int = 5,
    ) -> None:
        super().__init__()
        width = len(feature_dims) * hidden_dim
        self.encoders = Encoders(feature_dims, hidden_dim, 0.5)
        self.forth = Cascade(width, layers, n_blocks)
        self.back = Cascade(width, layers, n_blocks)
        self.classifier = fully_connected(layers[-1] * n_blocks, hidden_dim, n_outputs, 0.5)

        self.pretrained = Pretrained(feature_dims, hidden_dim, n_outputs)
        self.register_buffer("pretrained_is_frozen", torch.tensor(True))

    def parts(self) -> list[nn.Module]:
        """The sub-networks that are trained, and whose gradients are limited singly."""
        return [*self.encoders.values(), self.forth, self.back, self.classifier]

    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Adam on all parts."""
        trained = [parameter for part in self.parts() for parameter in part.parameters()]
        return [torch.optim.Adam(trained, lr=1e-3, betas=(0.5, 0.999))]

    def limit_gradients(self) -> None:
        """To a norm of 5 in each part."""
        for part in self.parts():
            nn.utils.clip_grad_norm_(part.parameters(), 5.0)

    def loss(self, batch: PlainBatch) -> Tensor:
        """Task + 4 MSE(target, z') + 2 MSE(z, z'')."""
        fused = self.encoders(batch.masked())
        imagined, latents = self.forth(fused)
        returned, _ = self.back(imagined)
        self.pretrained.eval()
        with torch.no_grad():
            target = self.pretrained.encoders(batch.withheld())
        outputs, labels = self.classifier(latents).flatten(0, 1), batch.labels.flatten()
        if labels.is_floating_point():
            task = F.mse_loss(outputs[:, 0], labels)
        else:
            task = F.cross_entropy(outputs, labels)
        return task + 4 * F.mse_loss(imagined, target) + 2 * F.mse_loss(returned, fused.detach())

    def predict(self, batch: PlainBatch) -> Tensor:
        """(B, T, C)."""
        return self.classifier(self.forth(self.encoders(batch.masked()))[1])


def _chain(widths: Sequence[int], activation: type[nn.Module]) -> nn.Sequential:
    parts: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(widths):
        parts += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*parts[:-1])
