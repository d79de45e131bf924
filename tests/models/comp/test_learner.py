"""Truth: ComP's two phases, one dialogue and one utterance after another, by plain arithmetic."""

import math

import pytest
import torch

from models.comp.losses import divergence
from models.vocabulary import MODALITIES
from tests.models.arithmetic import gelu

DIM, N_HEADS, N_PROTOTYPES, PROMPT, MEMORY = 8, 2, 3, 4, 0.3
LENGTHS = (6, 1, 4)


@pytest.fixture
def learner(kit):
    changes = {
        "hidden_dim": DIM,
        "n_heads": N_HEADS,
        "n_layers": 3,
        "n_prototypes": N_PROTOTYPES,
        "prompt_dim": PROMPT,
        "prompt_memory": MEMORY,
    }
    return kit.drawn("comp", **changes)


@pytest.fixture
def batch(kit):
    return kit.batch(list(LENGTHS), seed=2, dtype=torch.float64)


class Plain:
    """The published equations for dialogue `b` of a batch, rows (n, D)."""

    def __init__(self, learner, batch, b):
        self.of, self.n = learner.state_dict(), LENGTHS[b]
        self.has = {name: batch.usable[b, : self.n, m] for m, name in enumerate(MODALITIES)}
        self.x = {}
        for name in MODALITIES:
            rows = batch.features[name][b, : self.n].clone()
            rows[~self.has[name]] = 0
            self.x[name] = self.linear(f"projections.{name}", rows)
        self.shared = {name: self.mlp(f"sharing.{name}", self.x[name]) for name in MODALITIES}
        self.private = {name: self.mlp(f"hiding.{name}", self.x[name]) for name in MODALITIES}

    def linear(self, place, x):
        return x @ self.of[f"{place}.weight"].T + self.of[f"{place}.bias"]

    def mlp(self, place, x):
        return self.linear(f"{place}.contract", gelu(self.linear(f"{place}.expand", x)))

    def layer(self, name, i, x):
        place, heads = f"layers.{name}.{i}", []
        q, k, v = (self.linear(f"{place}.{part}", x) for part in ("query", "key", "value"))
        there = self.has[name].nonzero().flatten().tolist()
        for head in range(N_HEADS):
            own, rows = slice(head * DIM // N_HEADS, (head + 1) * DIM // N_HEADS), []
            for t in range(self.n):
                scores = [math.exp(float(q[t, own] @ k[s, own]) / 2) for s in there]
                shares = zip(scores, there, strict=True)
                heard = [score / sum(scores) * v[s, own] for score, s in shares]
                rows.append(sum(heard, torch.zeros(DIM // N_HEADS, dtype=x.dtype)))
            heads.append(torch.stack(rows))
        y = torch.cat(heads, dim=1)
        return x + y + self.mlp(f"{place}.feed_forward", y)

    def prototypes(self, name):
        place = f"prototypes.{name}"
        weight, bias = self.of[f"{place}.expand.weight"], self.of[f"{place}.expand.bias"]
        first = bias.repeat(DIM, 1)  # (D, K)
        for t in range(self.n):
            if self.has[name][t]:
                first = first + self.shared[name][t][:, None] * weight[:, t]
        return self.linear(f"{place}.contract", gelu(first)).T

    def prompt(self, stage, name, x):
        rows = []
        for t in range(self.n):
            if not self.has[name][t]:
                rows.append(torch.zeros(PROMPT, dtype=x.dtype))
                continue
            near = [float(x[t] @ c / x[t].norm() / c.norm()) for c in self.prototypes(name)]
            shares = torch.tensor(near, dtype=x.dtype).softmax(0)
            told = (shares[:, None] * self.prototypes(name)).sum(0)
            place = f"{stage}.{name}"
            rows.append(self.mlp(f"{place}.shorten", told) + self.linear(f"{place}.direct", x[t]))
        return torch.stack(rows)

    def branches(self):
        first = {name: self.prompt("first", name, self.shared[name]) for name in MODALITIES}
        rows, kept = {}, {}

        for name in MODALITIES:
            others = [first[other] for other in MODALITIES if other != name]
            x = self.linear(f"before.{name}.join", torch.cat([self.shared[name], *others], 1))
            out = self.mlp(f"before.{name}.part", self.layer(name, 0, x))
            rows[name], kept[name] = out[:, :DIM], out[:, DIM:]

        second = {name: self.prompt("second", name, rows[name]) for name in MODALITIES}
        told = {}

        for name in MODALITIES:
            new = torch.cat([second[other] for other in MODALITIES if other != name], 1)
            heard = MEMORY * kept[name] + (1 - MEMORY) * new
            x = self.linear(f"after.{name}.join", torch.cat([rows[name], heard], 1))
            told[name] = self.layer(name, 2, self.layer(name, 1, x))
        return told

    def logits(self, branches):
        rows = [branches[name] for name in MODALITIES]
        weights = self.mlp("router", torch.cat(rows, 1)).softmax(1)
        h = torch.cat([weights[:, m : m + 1] * row for m, row in enumerate(rows)], 1)
        return self.linear("classifier", h + self.linear("joint", h).clamp(min=0))


def cross_entropy(logits, labels):
    pairs = zip(logits, labels, strict=True)
    return -torch.stack([row.log_softmax(0)[label] for row, label in pairs])


def likeness(a, b):
    return ((a * b).sum(1) / a.norm(dim=1) / b.norm(dim=1)).abs()


def parted(plain):
    """Disentangling of each utterance."""
    total = 0
    for i, j in (("audio", "text"), ("audio", "visual"), ("text", "visual")):
        p, q = plain.shared[i].sigmoid(), plain.shared[j].sigmoid()
        m = (p + q) / 2
        jsd = (p * (p / m).log() + q * (q / m).log()).sum(1) / 2
        total = total + likeness(plain.private[i], plain.private[j]) + jsd
        total = total + likeness(plain.private[i], plain.shared[i])
        total = total + likeness(plain.private[j], plain.shared[j])
    return total


def test_prompting_is_that_of_the_paper(learner, batch):
    logits, parts = learner.predict(batch), learner.loss(batch, "prompting").parts
    told = {"task": [], "own": [], "restoring": [], "disentangling": []}
    for b, length in enumerate(LENGTHS):
        plain = Plain(learner, batch, b)
        branches, labels = plain.branches(), batch.labels[b, :length]
        expected = plain.logits(branches)
        torch.testing.assert_close(logits[b, :length], expected, rtol=0, atol=1e-10)
        told["task"].append(cross_entropy(expected, labels))

        own = [cross_entropy(plain.linear(f"heads.{n}", branches[n]), labels) for n in MODALITIES]
        told["own"].append(2 * sum(own))

        errors = []
        for name in MODALITIES:
            both = torch.cat([plain.shared[name], plain.private[name]], 1)
            errors.append((plain.mlp(f"restoring.{name}", both) - plain.x[name]) ** 2)
        told["restoring"].append(torch.cat(errors, 1).mean(1))
        told["disentangling"].append(parted(plain))

    for name, rows in told.items():
        assert parts[name].item() == pytest.approx(torch.cat(rows).mean().item(), rel=1e-8), name


def test_experts_tell_the_label_of_what_is_shared_and_no_label_of_what_is_private(learner, batch):
    parts, told = learner.loss(batch, "experts").parts, {"own": [], "private": []}
    for b, length in enumerate(LENGTHS):
        plain, labels = Plain(learner, batch, b), batch.labels[b, :length]
        for name in MODALITIES:
            for part, rows in (("own", plain.shared[name]), ("private", plain.private[name])):
                for i in range(3):
                    rows = plain.layer(name, i, rows)
                logits = plain.linear(f"heads.{name}", rows)
                logits = logits if part == "own" else 1 - logits
                told[part].append(cross_entropy(logits, labels))
    for name, rows in told.items():  # a sum over modalities of the mean over utterances
        expected = 3 * torch.cat(rows).mean().item()
        assert parts[name].item() == pytest.approx(expected, rel=1e-8), name


def test_prompts_come_from_the_own_dialogue_alone(kit, learner, batch):
    """The public code's prototypes are those of the whole batch."""
    alone = learner.predict(kit.take(batch, [0]))
    torch.testing.assert_close(alone[0], learner.predict(batch)[0], rtol=0, atol=1e-10)


def test_divergence_of_equals_is_zero_and_of_opposites_is_torchs():
    p, q = torch.tensor([0.2, 0.7]), torch.tensor([0.6, 0.1])
    m = ((p + q) / 2).log()
    known = sum(torch.nn.functional.kl_div(m, share, reduction="sum") for share in (p, q)) / 2
    assert divergence(p, p).item() == pytest.approx(0, abs=1e-7)
    assert divergence(p, q).item() == pytest.approx(known.item(), rel=1e-5)


def test_each_phase_moves_what_it_should(learner, batch):
    moved = {}
    for phase in learner.phases():
        learner.zero_grad()
        learner.loss(batch, phase.name).total.backward()
        named = list(learner.named_parameters())
        touched = {name.split(".")[0] for name, p in named if p.grad is not None and p.grad.any()}
        held = {id(p) for p in phase.groups[0].parameters}
        assert {name.split(".")[0] for name, p in named if id(p) in held} == touched
        moved[phase.name] = touched
    assert moved["experts"] == {"projections", "sharing", "hiding", "layers", "heads"}
    assert moved["prompting"] == {name for name, _ in learner.named_children()} - {"dropout"}


def test_has_as_many_parameters_as_the_public_code(kit):
    """8,119,947 in the public code with dialogues of 110; 3,660 of these it never calls."""
    learner = kit.learner("comp", kit.shape(kit.paper_dims))
    dim, prompt, steps, k = 256, 16, 110, 10

    def linear(n_in, n_out):
        return (n_in + 1) * n_out

    def mlp(n_in, width, n_out):
        return linear(n_in, width) + linear(width, n_out)

    layer = 3 * linear(dim, dim) + mlp(dim, dim, dim)
    prompter = mlp(dim, prompt, prompt) + linear(dim, prompt)
    exchange = linear(dim + 2 * prompt, dim) + mlp(dim, dim, dim + 2 * prompt)
    parting = 2 * mlp(dim, dim, dim) + mlp(2 * dim, dim, dim)
    branch = parting + 4 * layer + linear(dim, 4) + mlp(steps, k, k) + 2 * (prompter + exchange)
    projections = sum(linear(size, dim) for size in (512, 1024, 1024))
    joint = mlp(3 * dim, dim, 3) + linear(3 * dim, 3 * dim) + linear(3 * dim, 4)
    assert learner.count_parameters() == projections + 3 * branch + joint == 8_119_947 - 3_660
    assert sum(p.numel() for p in learner.parameters()) == learner.count_parameters()
