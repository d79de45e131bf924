"""What CPM-Net computes with latent codes: decoded features, class scores, their losses.

reading.md B.7. Shapes: N utterances, d values of a code, D_m features of modality m, C classes.
"""

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.fast.products import linear
from models.vocabulary import MODALITIES

UsableVectors = Mapping[str, tuple[Tensor, Tensor]]


def usable_vectors(utterances: ConversationBatch) -> UsableVectors:
    """Utterances (N, 1) -> by modality, numbers (n,) of those that have it and vectors (n, D_m)."""
    columns = zip(MODALITIES, utterances.usable.squeeze(1).unbind(dim=1), strict=True)
    numbers = {name: column.nonzero().squeeze(1) for name, column in columns}
    return {m: (numbers[m], utterances.vectors(m, numbers[m])) for m in utterances.features}


class LinearDecoders(nn.Module):
    """One linear layer per modality, d -> D_m: Xavier uniform weights, biases 0."""

    def __init__(self, code_dim: int, feature_dims: Mapping[str, int]) -> None:
        super().__init__()
        self.weights, self.biases = nn.ParameterDict(), nn.ParameterDict()
        for name, dim in feature_dims.items():
            self.weights[name] = nn.Parameter(nn.init.xavier_uniform_(torch.empty(dim, code_dim)))
            self.biases[name] = nn.Parameter(torch.zeros(dim))

    def error(self, usable: UsableVectors, codes: Tensor, is_fixed: bool = False) -> Tensor:
        """Codes (N, d) -> sum of squared errors of all usable vectors.

        `is_fixed`: the gradient reaches the codes alone.
        """
        total = codes.new_zeros(())
        for name, weight, bias in self._layers():
            if is_fixed:
                weight, bias = weight.detach(), bias.detach()
            numbers, vectors = usable[name]
            decoded = linear(codes.index_select(0, numbers), weight, bias)
            total = total + F.mse_loss(decoded, vectors, reduction="sum")
        return total

    def quadratic(self, features: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Modality -> (N, D_m), usable in all N -> G (d, d), c (N, d), in float64.

        The error of a code h is h G h - 2 c h + constant, because the decoders are linear.
        """
        layers = [layer for layer in self._layers() if layer[0] in features]
        terms = [(name, weight.double(), bias.double()) for name, weight, bias in layers]
        quadratic = torch.stack([weight.T @ weight for _, weight, _ in terms]).sum(dim=0)
        inner = [(features[name].double() - bias) @ weight for name, weight, bias in terms]
        return quadratic, torch.stack(inner).sum(dim=0)

    def _layers(self) -> Iterator[tuple[str, Tensor, Tensor]]:
        for name in self.weights:
            yield name, self.weights[name], self.biases[name]


def class_scores(codes: Tensor, known: Tensor, classes: Tensor, n_classes: int) -> Tensor:
    """Codes (N, d), known codes (K, d) with classes (K,) -> (N, C) mean inner products.

    A class without a known code scores 1 below the lowest of the others, so it is never chosen.
    """
    members = F.one_hot(classes, n_classes).to(known.dtype)  # (K, C)
    counts = members.sum(dim=0)
    means = (members.T @ known) / counts.clamp(min=1).unsqueeze(1)
    scores = codes @ means.T
    lowest = scores.masked_fill(counts == 0, torch.inf).amin(dim=1, keepdim=True)
    return torch.where(counts == 0, lowest - 1, scores)


def classification_loss(codes: Tensor, classes: Tensor, n_classes: int) -> Tensor:
    """Sum over n of relu(1[c* != y] + s_c* - s_y), c* the class with the largest s_c.

    s_c(n) is the mean inner product of code n with the other codes of class c; 0 where there is no
    other one. The means come from class sums: the (N, N) inner products are never built.
    """
    members = F.one_hot(classes, n_classes).to(codes.dtype)  # (N, C)
    counts = members.sum(dim=0)
    inner = codes @ (members.T @ codes).T - members * codes.square().sum(dim=1, keepdim=True)
    scores = inner / (counts - members).clamp(min=1)
    best, chosen = scores.masked_fill(counts == 0, -torch.inf).max(dim=1)
    own = scores.gather(1, classes.unsqueeze(1)).squeeze(1)
    return torch.relu((chosen != classes).to(codes.dtype) + best - own).sum()
