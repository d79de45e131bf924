"""ITEACNet in one file, in the order of the paper, for reading: padded, eager, nothing merged.

paper arXiv 2312.15583. `models/iteacnet` computes the same faster and with every choice that the
paper leaves open; tests hold both equal, losses and logits, over training steps. Here the defaults
stand alone, and of our own changes aligned fusion. Weights of a trained run load (`load_student`).
It is also the yardstick of benchmarks/training.py: do not make it fast.

The whole, top down: a teacher sees complete dialogues, a student the same with modalities missing;
each projects every modality, encodes how emotion moves in time (ECCE, Eq. 1, 2, 5, 6), runs encoder
layers (Eq. 3, 4, 7 to 11), and classifies the fused text. One step trains both (Eq. 12 to 15).

Shapes: B dialogues, T utterances of the longest, M modalities, D hidden, H heads, C outputs, O
candidates. `valid` (B, T) is False on padding; `seen` is `valid`, or all True where only attention
ignores padding, as in the published code.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WINDOW = 7  # w of Eq. 5
BAND = 30  # dist_m of Algorithm 1
IMPUTATION_WEIGHTS = (0.5, 0.1, 0.05)  # of H_1, H_2, H_3 in Eq. 14
Named = Mapping[str, Tensor]  # by modality
Output = tuple[Tensor, list[Tensor]]  # logits (B, T, C); [H_1, H_2, ...] from the classifier on


@dataclass(frozen=True)
class Form:
    """What a network is built for, and by."""

    feature_dims: Mapping[str, int]  # modality -> D_m
    n_outputs: int
    max_utterances: int
    is_nas: bool  # four candidates and a router in each block (the student), or attention alone
    n_layers: int  # 3 of the teacher, 4 of the student
    dropout: float  # 0.5 and 0
    is_exact: bool = True  # time mixers do not see padding
    is_aligned: bool = False  # fusion hears each modality's own row: not the paper's
    dim: int = 128
    n_heads: int = 8

    @property
    def hub(self) -> str:
        """The modality that fusion asks with: text; where a task has none, its first one."""
        return "text" if "text" in self.feature_dims else next(iter(self.feature_dims))


# ---- Eq. 1, 2, 5, 6, Algorithm 1: the emotion context changing encoder ---------------------------
class LocalContext(nn.Module):
    """F_local, Eq. 5: what an utterance is among its neighbours, a convolution over w of them."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(dim, dim, WINDOW, padding=WINDOW // 2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        return self.conv(x.transpose(1, 2)).transpose(1, 2)


class ContextEncoder(nn.Module):
    """ECCE of one modality, E_m of Eq. 1 (teacher) and Eq. 2 (student): a bias of the Mix Map."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.local = LocalContext(dim)
        self.linear = nn.Linear(dim, 1)  # FC of Algorithm 1, d_e = 1
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, T)."""
        z = self.dropout(self.local(self.dropout(x) * seen[:, :, None]))
        return self.linear(segment_means(z)).squeeze(-1)


def segment_means(z: Tensor) -> Tensor:
    """F_global, Eq. 6: (B, T, D) -> (B, T, T, D), the mean of z from i to j, 0 beyond the band.

    Algorithm 1 with both ends included (as printed, Z[i:i] is empty), by prefix sums.
    """
    sums = F.pad(z.cumsum(dim=1), (0, 0, 1, 0))
    steps = torch.arange(z.shape[1], device=z.device)
    first, last = torch.minimum(steps[:, None], steps), torch.maximum(steps[:, None], steps)
    means = (sums[:, last + 1] - sums[:, first]) / (last - first + 1)[:, :, None]
    return means * (last - first <= BAND)[:, :, None]


# ---- Eq. 7, 10, 11: attention --------------------------------------------------------------------
class Attention(nn.Module):
    """softmax(MixMap + E) applied to values, H heads (Eq. 10, 11); without E the MHA of Eq. 7."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.n_heads, dim = form.n_heads, form.dim
        self.query, self.key = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.value, self.output = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.dropout = nn.Dropout(form.dropout)
        # As torch.nn.MultiheadAttention starts: three matrices drawn as one, no biases.
        joint = nn.init.xavier_uniform_(torch.empty(3 * dim, dim)).chunk(3)
        for layer, start in zip((self.query, self.key, self.value), joint, strict=True):
            layer.weight.data.copy_(start)
        for layer in (self.query, self.key, self.value, self.output):
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, source: Tensor, valid: Tensor, bias: Tensor | None) -> Tensor:
        """Queries (B, T, D), keys and values (B, T, D), (B, T), (B, T, T) -> (B, T, D)."""
        q = self._heads(self.query(x))
        k, v = self._heads(self.key(source)), self._heads(self.value(source))
        mix_map = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        if bias is not None:
            mix_map = mix_map + bias[:, None]
        mix_map = mix_map.masked_fill(~valid[:, None, None, :], -torch.inf)
        mixed = self.dropout(torch.softmax(mix_map, dim=-1)) @ v
        return self.output(mixed.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.n_heads, -1).transpose(1, 2)


# ---- The candidates o of Eq. 9 -------------------------------------------------------------------
class SelfAttention(nn.Module):
    """Candidate 1, the only one that ECCE guides."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.attention = Attention(form)

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        return self.attention(x, x, valid, bias)


class TimeMlp(nn.Module):
    """Candidate 2: pad to the longest dialogue of the corpus, two Linears over time, cut back."""

    def __init__(self, max_utterances: int) -> None:
        super().__init__()
        self.inward = nn.Linear(max_utterances, max_utterances)
        self.outward = nn.Linear(max_utterances, max_utterances)

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        n_steps = x.shape[1]
        x = torch.where(seen[:, :, None], x, 0.0).transpose(1, 2)
        x = F.pad(x, (0, self.inward.in_features - n_steps))
        return self.outward(F.gelu(self.inward(x)))[:, :, :n_steps].transpose(1, 2)


class AveragePool(nn.Module):
    """Candidate 3: the mean of an utterance and its neighbours, those that exist."""

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        there = seen[:, :, None].to(x.dtype)
        summed = F.avg_pool1d((x * there).transpose(1, 2), 3, 1, 1) * 3
        count = F.avg_pool1d(there.transpose(1, 2), 3, 1, 1) * 3
        return (summed / count.clamp(min=1)).transpose(1, 2)


class MaxPool(nn.Module):
    """Candidate 4: the maximum of an utterance and its neighbours."""

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        unseen = ~seen[:, :, None]
        x = x.masked_fill(unseen, torch.finfo(x.dtype).min)
        return F.max_pool1d(x.transpose(1, 2), 3, 1, 1).transpose(1, 2).masked_fill(unseen, 0.0)


# ---- Eq. 8, 9: the router and what it weighs -----------------------------------------------------
class Router(nn.Module):
    """X_alpha of Eq. 8: weights of the candidates, for each utterance."""

    def __init__(self, dim: int, n_candidates: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, n_candidates)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, O)."""
        return torch.softmax(self.linear(x), dim=-1)


class Mixer(nn.Module):
    """Eq. 9: the candidates' outputs, weighed. A Transformer has self-attention alone."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        candidates: list[nn.Module] = [SelfAttention(form)]
        if form.is_nas:
            candidates += [TimeMlp(form.max_utterances), AveragePool(), MaxPool()]
        self.candidates = nn.ModuleList(candidates)
        self.router = Router(form.dim, len(candidates)) if form.is_nas else None

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        outputs = [candidate(x, seen, valid, bias) for candidate in self.candidates]
        if self.router is None:
            return outputs[0]
        weights = self.router(x).unbind(dim=-1)
        weighed = [w[:, :, None] * output for w, output in zip(weights, outputs, strict=True)]
        return torch.stack(weighed).sum(dim=0)


# ---- Figure 2, Eq. 3, 4, 7: one encoder layer ----------------------------------------------------
class FeedForward(nn.Module):
    """Linear, GELU, dropout, Linear, dropout."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.expand = nn.Linear(form.dim, 4 * form.dim)
        self.contract = nn.Linear(4 * form.dim, form.dim)
        self.dropout = nn.Dropout(form.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        return self.dropout(self.contract(self.dropout(F.gelu(self.expand(x)))))


class MetaFormerBlock(nn.Module):
    """A MetaFormer block, the ITEAC encoder of one modality: mix utterances, then each alone."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.mixer_norm, self.feed_forward_norm = nn.LayerNorm(form.dim), nn.LayerNorm(form.dim)
        self.mixer, self.feed_forward = Mixer(form), FeedForward(form)

    def forward(self, x: Tensor, seen: Tensor, valid: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        x = x + self.mixer(self.mixer_norm(x), seen, valid, bias)
        return x + self.feed_forward(self.feed_forward_norm(x))


class Fusion(nn.Module):
    """Eq. 7: the hub, text, attends to every other modality, each time from the same normed hub.

    Aligned, it also hears the utterance's own row of each: attention knows no position.
    """

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.hub = form.hub
        others = [m for m in form.feature_dims if m != self.hub]
        normed, aligned = form.feature_dims if others else (), others if form.is_aligned else ()
        self.attentions = nn.ModuleDict({m: Attention(form) for m in others})
        self.norms = nn.ModuleDict({m: nn.LayerNorm(form.dim) for m in normed})
        self.own_rows = nn.ModuleDict({m: nn.Linear(form.dim, form.dim) for m in aligned})

    def forward(self, x: Named, valid: Tensor) -> Tensor:
        """(B, T, D) each -> (B, T, D), this layer's H."""
        fused = x[self.hub]
        for name, attention in self.attentions.items():
            query, source = self.norms[self.hub](x[self.hub]), self.norms[name](x[name])
            fused = fused + attention(query, source, valid, None)
            if name in self.own_rows:
                fused = fused + self.own_rows[name](source)
        return fused


class Layer(nn.Module):
    """A block of every modality, then fusion; the others pass on unfused (Eq. 3, 4)."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.blocks = nn.ModuleDict({m: MetaFormerBlock(form) for m in form.feature_dims})
        self.fusion = Fusion(form)

    def forward(self, x: Named, seen: Tensor, valid: Tensor, biases: Named) -> dict[str, Tensor]:
        """(B, T, D) each -> the same."""
        out = {m: block(x[m], seen, valid, biases[m]) for m, block in self.blocks.items()}
        out[self.fusion.hub] = self.fusion(out, valid)
        return out


class PlainIteacnet(nn.Module):
    """One network, teacher or student: they share nothing."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.hub, self.is_exact, dims = form.hub, form.is_exact, form.feature_dims
        self.projections = nn.ModuleDict({m: nn.Linear(dims[m], form.dim) for m in dims})
        self.contexts = nn.ModuleList([nn.ModuleDict({m: ContextEncoder(form.dim) for m in dims})])
        self.layers = nn.ModuleList(Layer(form) for _ in range(form.n_layers))
        self.classifier = nn.Linear(form.dim, form.n_outputs)

    def forward(self, features: Named, valid: Tensor) -> Output:
        """Features (B, T, D_m), zero where missing, and valid (B, T) -> logits and hidden."""
        seen = valid if self.is_exact else torch.ones_like(valid)
        x = {m: project(features[m]) for m, project in self.projections.items()}
        biases = {m: self.contexts[0].get_submodule(m)(x[m], seen) for m in x}
        hidden: list[Tensor] = []
        for layer in self.layers:
            x = layer(x, seen, valid, biases)
            hidden.insert(0, x[self.hub])
        return self.classifier(hidden[0]), hidden


# ---- Eq. 12 to 15: the losses --------------------------------------------------------------------
def emotion_loss(logits: Tensor, labels: Tensor, valid: Tensor) -> Tensor:
    """A network's part of Eq. 12, cross-entropy, or of Eq. 13 for float labels, squared error."""
    if labels.is_floating_point():
        return (logits.squeeze(-1) - labels)[valid].square().mean()
    return F.cross_entropy(logits[valid], labels[valid])


def joint_loss(
    teacher: Output, student: Output, labels: Tensor, valid: Tensor, missing: Tensor
) -> Tensor:
    """Eq. 15 of what both networks say; missing (B, T), utterances that lack something."""
    on_complete = emotion_loss(teacher[0], labels, valid)
    on_missing = emotion_loss(student[0], labels, valid)
    total = (on_complete + on_missing) / 2
    for weight, ours, target in zip(IMPUTATION_WEIGHTS, student[1], teacher[1], strict=False):
        if missing.any():  # Eq. 14; the teacher is a constant here
            total = total + weight * F.mse_loss(ours[missing], target[missing].detach())
    return total


# ---- Weights of a trained run --------------------------------------------------------------------
def load_student(
    weights: Named, *, n_heads: int = 8, prefix: str = "learner.student."
) -> PlainIteacnet:
    """The student out of a run's weights.safetensors (default settings), ready for evaluation."""
    state = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
    parts = [name.split(".") for name in state]
    over_time = [v for name, v in state.items() if name.endswith("inward.bias")]

    form = Form(
        {p[1]: state[".".join(p)].shape[1] for p in parts if p[::2] == ["projections", "weight"]},
        n_outputs=len(state["classifier.bias"]),
        max_utterances=len(over_time[0]) if over_time else 0,
        is_nas=any("router" in part for part in parts),
        n_layers=1 + max(int(part[1]) for part in parts if part[0] == "layers"),
        dropout=0.0,
        is_aligned=any("own_rows" in part for part in parts),
        dim=state["classifier.weight"].shape[1],
        n_heads=n_heads,
    )

    student = PlainIteacnet(form)
    student.load_state_dict(state)
    return student.eval()
