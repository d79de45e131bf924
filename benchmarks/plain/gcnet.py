"""GCNet written for clarity: torch's LSTM, edge by edge, attention turn by turn. Frozen.

reading.md B.5. Parameters carry the names of models/gcnet. Sequences are packed for the
LSTM, so that padding cannot reach a valid utterance, as in ours.

Shapes: B dialogues padded to T; N nodes, the valid utterances of all dialogues; E edges; h hidden.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.plain.batches import MODALITIES, PlainBatch
from benchmarks.plain.loop import PlainModel


class Lstm(nn.Module):
    """Two layers, both directions: (B, T, D) -> (B, T, 2H)."""

    def __init__(self, in_dim: int, hidden_dim: int, dropout: float) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            in_dim, hidden_dim, 2, bidirectional=True, dropout=dropout, batch_first=True
        )

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Zero beyond the end of a dialogue."""
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.lstm(packed)[0], batch_first=True)[0]


class RelationalConv(nn.Module):
    """Root and, relation by relation, the mean over the sources of that kind."""

    def __init__(self, in_dim: int, out_dim: int, n_relations: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_relations, in_dim, out_dim))
        self.root = nn.Parameter(torch.empty(in_dim, out_dim))
        self.bias = nn.Parameter(torch.zeros(out_dim))
        for matrix in (*self.weight, self.root):
            nn.init.xavier_uniform_(matrix)

    def forward(self, x: Tensor, edges: Tensor, kinds: Tensor) -> Tensor:
        """(N, D), (2, E) source and target, (E,) -> (N, G)."""
        out = x @ self.root + self.bias
        for kind, weight in enumerate(self.weight):
            source, target = edges[:, kinds == kind]
            heard = torch.zeros_like(x).index_add(0, target, x[source])
            count = torch.bincount(target, minlength=len(x)).clamp(min=1)
            out = out + heard / count[:, None] @ weight
        return out


class GraphConv(nn.Module):
    """Root and the sum over sources."""

    def __init__(self, in_dim: int, out_dim: int) -> None:
        super().__init__()
        self.heard = nn.Linear(in_dim, out_dim)
        self.root = nn.Linear(in_dim, out_dim, bias=False)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        """(N, D), (2, E) -> (N, G)."""
        return self.root(x) + self.heard(torch.zeros_like(x).index_add(0, edges[1], x[edges[0]]))


class TimeAttention(nn.Module):
    """Matching attention "general2", one turn after the other."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.transform = nn.Linear(dim, dim)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        read = []
        for turn in x.unbind(dim=1):
            scores = torch.bmm(self.transform(turn)[:, None], x.transpose(1, 2)).tanh()
            weights = torch.softmax(scores, dim=2) * valid[:, None]
            weights = weights / weights.sum(dim=2, keepdim=True)
            read.append(torch.bmm(weights, x)[:, 0])
        return torch.stack(read, dim=1)


class Branch(nn.Module):
    """Graph, LSTM, attention, Linear: (B, T, 2h) -> (B, T, D)."""

    def __init__(self, dim: int, n_relations: int, dropout: float) -> None:
        super().__init__()
        self.relational = RelationalConv(dim, dim // 4, n_relations)
        self.graph = GraphConv(dim // 4, dim // 4)
        self.out_dim = dim + dim // 4
        self.lstm = Lstm(self.out_dim, self.out_dim, dropout)
        self.attention = TimeAttention(2 * self.out_dim)
        self.reduce = nn.Linear(2 * self.out_dim, self.out_dim)

    def forward(self, x: Tensor, valid: Tensor, edges: Tensor, kinds: Tensor) -> Tensor:
        """Nodes are the valid utterances, dialogue after dialogue."""
        local = self.graph(self.relational(x[valid], edges, kinds), edges)
        padded = local.new_zeros(*valid.shape, local.shape[1])
        padded[valid] = local
        context = self.lstm(torch.cat([x, padded], dim=2), valid.sum(dim=1).cpu())
        return torch.relu(self.reduce(self.attention(context, valid)))


class PlainGcnet(PlainModel):
    """LSTM, a temporal and a speaker branch, classifier, decoder."""

    def __init__(
        self,
        feature_dims: dict[str, int],
        n_outputs: int,
        n_speakers: int,
        hidden_dim: int = 200,
        window: int = 2,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.dims, self.n_speakers, self.window = feature_dims, n_speakers, window

        in_dim = sum(feature_dims.values())
        self.lstm = Lstm(in_dim, hidden_dim, dropout)
        self.temporal = Branch(2 * hidden_dim, 3, dropout)
        self.speaker = Branch(2 * hidden_dim, n_speakers**2, dropout)
        self.classifier = nn.Linear(self.temporal.out_dim, n_outputs)
        self.decoder = nn.Linear(self.temporal.out_dim, in_dim)

    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Adam on everything."""
        return [torch.optim.Adam(self.parameters(), lr=1e-3, weight_decay=1e-5)]

    def hidden(self, batch: PlainBatch) -> Tensor:
        """(B, T, D)."""
        features = batch.masked()
        x = torch.cat([features[name] for name in self.dims], dim=2)
        x = self.lstm(x, batch.valid.sum(dim=1).cpu())
        edges, by_time, by_speaker = self._edges(batch)
        temporal = self.temporal(x, batch.valid, edges, by_time)
        return temporal + self.speaker(x, batch.valid, edges, by_speaker)

    def loss(self, batch: PlainBatch) -> Tensor:
        """Task and reconstruction of what is withheld, both per valid utterance."""
        hidden, n = self.hidden(batch), batch.valid.sum()
        outputs, labels = self.classifier(hidden)[batch.valid], batch.labels[batch.valid]
        if labels.is_floating_point():
            task = F.mse_loss(outputs[:, 0], labels)
        else:
            task = F.cross_entropy(outputs, labels)
        withheld = batch.extracted & ~batch.available & batch.valid[..., None]
        decoded = self.decoder(hidden).split(list(self.dims.values()), dim=2)
        for name, values in zip(self.dims, decoded, strict=True):
            error = (values - batch.features[name]).square().sum(dim=2) / self.dims[name]
            task = task + error[withheld[..., MODALITIES.index(name)]].sum() / n
        return task

    def predict(self, batch: PlainBatch) -> Tensor:
        """(B, T, C)."""
        return self.classifier(self.hidden(batch))

    def _edges(self, batch: PlainBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Source and target (2, E), kinds by time and by speaker (E,)."""
        edges, by_time, by_speaker, first = [], [], [], 0
        speakers, n_utterances = batch.speakers.tolist(), batch.valid.sum(dim=1).tolist()
        for b, length in enumerate(n_utterances):
            for j in range(length):
                for i in range(max(0, j - self.window), min(length, j + self.window + 1)):
                    edges.append((first + j, first + i))
                    by_time.append(0 if i > j else 1 if i == j else 2)
                    by_speaker.append(speakers[b][i] * self.n_speakers + speakers[b][j])
            first += length
        device = batch.valid.device
        kinds = torch.tensor([by_time, by_speaker], device=device)
        return torch.tensor(edges, device=device).T, kinds[0], kinds[1]
