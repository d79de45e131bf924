"""Parts that AE, CRA and MMIN are made of: fully connected networks over single utterances.

reading.md B.6. Shapes: (..., D) per utterance; an encoded modality has E = 128 values, M of them
are concatenated in the order audio, text, visual to the fused vector of F = M * E values.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.fast.dropout import Dropout
from models.fast.products import Chain, Linear
from models.learner import EmbeddingLearner, OptimizerGroup
from models.utterance_settings import UtteranceSettings
from models.vocabulary import MODALITIES


class FullyConnected(Chain):
    """FC(D -> O): two hidden layers of ReLU and dropout, then a linear one."""

    def __init__(self, in_dim: int, hidden_dim: int, out_dim: int, dropout: float) -> None:
        super().__init__(
            Linear(in_dim, hidden_dim),
            nn.ReLU(),
            Dropout(dropout),
            Linear(hidden_dim, hidden_dim),
            nn.ReLU(),
            Dropout(dropout),
            Linear(hidden_dim, out_dim),
        )


class ModalityEncoders(nn.ModuleDict):
    """One FC(D_m -> E) per modality that the task has."""

    def __init__(self, feature_dims: Mapping[str, int], hidden_dim: int, dropout: float) -> None:
        super().__init__(
            {
                name: FullyConnected(dim, hidden_dim, hidden_dim, dropout)
                for name, dim in feature_dims.items()
            }
        )
        self.feature_dims = feature_dims

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """Modality -> (..., D_m), zeros where missing -> the fused vector (..., F)."""
        return torch.cat([encode(features[name]) for name, encode in self.items()], dim=-1)

    def embed(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Modality -> (S, D_m) -> (S, E), each by itself."""
        return {name: encode(features[name]) for name, encode in self.items()}

    def of_embedded(self, embedded: ConversationBatch) -> Tensor:
        """(B, T, F): `forward` of a masked batch whose features went through `embed`."""
        features, usable = embedded.masked().features, embedded.usable
        parts = []
        for name, encode in self.items():
            of_zeros = encode(features[name].new_zeros(1, self.feature_dims[name]))
            is_there = usable[..., MODALITIES.index(name), None]
            parts.append(torch.where(is_there, features[name], of_zeros))
        return torch.cat(parts, dim=-1)


class ModalityDecoders(nn.ModuleDict):
    """One FC(F -> D_m) per modality that the task has."""

    def __init__(
        self, fused_dim: int, feature_dims: Mapping[str, int], hidden_dim: int, dropout: float
    ) -> None:
        super().__init__(
            {
                name: FullyConnected(fused_dim, hidden_dim, dim, dropout)
                for name, dim in feature_dims.items()
            }
        )

    def forward(self, fused: Tensor) -> dict[str, Tensor]:
        """(..., F) -> modality -> (..., D_m)."""
        return {name: decode(fused) for name, decode in self.items()}


class ByModality(EmbeddingLearner):
    """Base of AE, CRA and MMIN: `encoders` see each modality of single utterances by itself.

    So an evaluation encodes every vector once, whatever is missing beside it.
    """

    batching = "utterances"
    is_replayable = True
    masks = "per_run"
    encoders: ModalityEncoders

    def answer(self, fused: Tensor) -> Tensor:
        """Fused vectors (B, T, F) -> (B, T, C) logits."""
        raise NotImplementedError

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) logits."""
        return self.answer(self.encoders(batch.masked().features))

    def embed(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Encoded vectors: (S, D_m) -> (S, E)."""
        return self.encoders.embed(features)

    def predict_embedded(self, batch: ConversationBatch) -> Tensor:
        """`predict` of a batch whose features went through `embed`."""
        return self.answer(self.encoders.of_embedded(batch))


def init_normal(module: nn.Module) -> None:
    """Draw the weights of linear layers from N(0, 0.02), biases 0: use with `Module.apply`."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)


def init_kaiming(module: nn.Module) -> None:
    """Draw the weights of linear layers by He et al. 2015, biases 0: use with `Module.apply`."""
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight)
        nn.init.zeros_(module.bias)


def optimizer_groups(
    networks: Iterable[nn.Module], settings: UtteranceSettings, betas: tuple[float, float]
) -> Sequence[OptimizerGroup]:
    """One group per sub-network, because the gradient's norm is limited in each by itself."""
    return [
        OptimizerGroup(
            parameters=list(network.parameters()),
            learning_rate=settings.learning_rate,
            kind="adam",
            betas=betas,
            max_grad_norm=settings.max_grad_norm,
        )
        for network in networks
    ]
