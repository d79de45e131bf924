"""GCNet's graph layers in plain torch: each utterance hears its neighbours, by relation.

reading.md B.5; Schlichtkrull et al. 2018 (relational convolution), Morris et al. 2019 (graph
convolution), each with the semantics of PyTorch Geometric. A dialogue is a line, so a node has at
most W = future + 1 + past sources and the graph is a band: no L x L matrix is ever built.

Shapes: N packed utterances, dialogue after dialogue; W sources of each; R relations; D -> G values.
In batches of fixed shapes (`Window.is_fixed`) sums over sources are products with the band itself:
each value is read and its gradient added up in one order, and nothing waits for the device.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.fast.products import Linear, linear

FEW_RELATIONS = 9  # up to here one product for all costs less than choosing (measured)


@dataclass(frozen=True)
class Window:
    """Who hears whom: node j is heard by every i in [j - past, j + future] of its dialogue."""

    sources: Tensor  # (N, W) int64, node j of each edge j -> i; i itself where there is no edge
    is_edge: Tensor  # (N, W) bool
    future: int
    is_fixed: bool = False

    @classmethod
    def of(
        cls, lengths: Sequence[int], past: int, future: int, device: torch.device | str
    ) -> "Window":
        """The window over dialogues of these lengths, which lie one after the other."""
        sizes = torch.tensor(lengths, dtype=torch.int64, device=device)
        ends = sizes.cumsum(0)
        first = (ends - sizes).repeat_interleave(sizes).unsqueeze(1)
        end = ends.repeat_interleave(sizes).unsqueeze(1)
        nodes = torch.arange(len(first), device=device).unsqueeze(1)
        sources = nodes + torch.arange(-future, past + 1, device=device)
        is_edge = (sources >= first) & (sources < end)
        return cls(torch.where(is_edge, sources, nodes), is_edge, future)

    @classmethod
    def in_room(cls, owner: Tensor, valid: Tensor, past: int, future: int) -> "Window":
        """The window over rows (N,) of dialogues with these numbers, of which some are `valid`."""
        nodes = torch.arange(len(owner), device=owner.device).unsqueeze(1)
        sources = nodes + torch.arange(-future, past + 1, device=owner.device)
        inside = sources.clamp(0, len(owner) - 1)
        is_edge = (owner[inside] == owner.unsqueeze(1)) & (inside == sources)
        is_edge &= valid.unsqueeze(1)
        return cls(torch.where(is_edge, sources, nodes), is_edge, future, is_fixed=True)

    def heard(self, x: Tensor, shares: Tensor) -> Tensor:
        """Rows (N, D), shares (N, R, W) of sources in R sums -> (N, R, D), in fixed shapes."""
        n_sources = self.sources.shape[1]
        padded = F.pad(x, (0, 0, self.future, n_sources - 1 - self.future))
        band = torch.stack([padded[w : w + len(x)] for w in range(n_sources)], dim=1)
        return torch.bmm(shares, band)


@dataclass(frozen=True)
class Relations:
    """What kind of edge each one is, and its share in the mean over its kind."""

    window: Window
    kinds: Tensor  # (N, W) int64 in 0 .. R - 1
    shares: Tensor  # (N, W) float: 1 / edges of the same kind into the same node; 0 where no edge

    @classmethod
    def of(cls, window: Window, kinds: Tensor, dtype: torch.dtype) -> "Relations":
        """Relations of the edges of `window`, with shares of type `dtype`."""
        is_same = kinds.unsqueeze(2) == kinds.unsqueeze(1)
        n_same = (is_same & window.is_edge.unsqueeze(1)).sum(dim=2).clamp(min=1)
        return cls(window, kinds, window.is_edge.to(dtype) / n_same)

    def by_kind(self, n_relations: int) -> Tensor:
        """(N, R, W): the share of each source in the mean of each kind."""
        numbers = torch.arange(n_relations, device=self.kinds.device).unsqueeze(1)
        return self.shares.unsqueeze(1) * (self.kinds.unsqueeze(1) == numbers)


def temporal_kinds(window: Window) -> Tensor:
    """(N, W): 0 where the target i comes later than the source j, 1 at i itself, 2 earlier."""
    nodes = torch.arange(len(window.sources), device=window.sources.device).unsqueeze(1)
    return (window.sources - nodes).sign() + 1


def speaker_kinds(window: Window, speakers: Tensor, n_speakers: int) -> Tensor:
    """Speakers (N,) in 0 .. n_speakers - 1 -> (N, W): target's speaker * n_speakers + source's."""
    if not window.is_fixed:  # else it was built for these dialogues
        _check_speakers(int(speakers.max()), n_speakers)
    return speakers.unsqueeze(1) * n_speakers + speakers[window.sources]


def _check_speakers(highest: int, n_speakers: int) -> None:
    if highest >= n_speakers:
        raise ValueError(
            f"speaker code {highest} in a graph for n_speakers={n_speakers}: build the network "
            "with the most speakers that one dialogue has"
        )


class RelationalConv(nn.Module):
    """x_i <- x_i W_root + b + sum over relations r of the mean over sources j of kind r of x_j W_r.

    Each source is projected for every relation, or where there are many (eight speakers: 64) for
    those alone by which somebody hears it; then messages are gathered along the band.
    """

    def __init__(self, in_dim: int, out_dim: int, n_relations: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_relations, in_dim, out_dim))
        self.root = nn.Parameter(torch.empty(in_dim, out_dim))
        self.bias = nn.Parameter(torch.zeros(out_dim))
        self.out_dim = out_dim
        for matrix in (*self.weight, self.root):
            nn.init.xavier_uniform_(matrix)

    def forward(self, x: Tensor, relations: Relations) -> Tensor:
        """(N, D) -> (N, G)."""
        if relations.window.is_fixed:
            heard = relations.window.heard(x, relations.by_kind(len(self.weight)))
            return torch.addmm(
                heard.flatten(1) @ self.weight.flatten(0, 1) + self.bias, x, self.root
            )
        if len(self.weight) <= FEW_RELATIONS:
            stacked = self.weight.transpose(0, 1).flatten(1)  # (D, R * G)
            messages = linear(x, stacked.T).view(-1, self.out_dim)
            places = relations.window.sources * len(self.weight) + relations.kinds
        else:
            messages, places = self._project_pairs(x, relations)
        heard = F.embedding_bag(places, messages, per_sample_weights=relations.shares, mode="sum")
        return torch.addmm(heard + self.bias, x, self.root)

    def _project_pairs(self, x: Tensor, relations: Relations) -> tuple[Tensor, Tensor]:
        """Messages (P, G) of the P pairs of kind and source that exist; places (N, W) in them."""
        pairs = relations.kinds * len(x) + relations.window.sources
        existing, places = torch.unique(pairs, return_inverse=True)  # by kind, then by source
        kinds, sizes = (existing // len(x)).unique_consecutive(return_counts=True)
        parts = torch.split(x.index_select(0, existing % len(x)), sizes.tolist())
        weights = self.weight.index_select(0, kinds)
        projected = [linear(rows, w.T) for rows, w in zip(parts, weights, strict=True)]
        return torch.cat(projected), places


class GraphConv(nn.Module):
    """x_i <- x_i W_root + (sum over sources j of x_j) W + b."""

    def __init__(self, in_dim: int, out_dim: int) -> None:
        super().__init__()
        self.heard = Linear(in_dim, out_dim)
        self.root = Linear(in_dim, out_dim, bias=False)

    def forward(self, x: Tensor, window: Window) -> Tensor:
        """(N, D) -> (N, G)."""
        if window.is_fixed:
            shares = window.is_edge.to(x.dtype).unsqueeze(1)
            return self.root(x) + self.heard(window.heard(x, shares).squeeze(1))
        heard = F.embedding_bag(
            window.sources, x, per_sample_weights=window.is_edge.to(x.dtype), mode="sum"
        )
        return self.root(x) + self.heard(heard)
