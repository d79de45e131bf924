"""Truth: the equations of models/committee, one member, utterance and turn after another."""

import math

import pytest
import torch

from models.committee.learner import hide_from_dialogues
from models.vocabulary import MODALITIES

WIDTH, N_MEMBERS, LENGTHS = 6, 3, (6, 1, 4)
CLIP = 1.5  # of standard normal features: it cuts one in seven


def drawn(kit, kind="classification"):
    """A learner all of whose values are drawn: some begin at 0 or 1."""
    shape = kit.shape(kind=kind)
    learner = kit.learner("committee", shape, hidden_dim=WIDTH, n_members=N_MEMBERS, clip=CLIP)
    torch.manual_seed(3)
    for parameter in learner.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return learner.double().eval()


@pytest.fixture
def learner(kit):
    return drawn(kit)


def gelu(x):
    return x * (1 + torch.erf(x / math.sqrt(2))) / 2


def normed(x):
    centred = x - x.mean()
    return centred / (centred.square().mean() + 1e-5).sqrt()


class PlainMember:
    """Member k with the weights of a committee's running mean."""

    def __init__(self, learner, k):
        self.k, self.of = k, learner.asked.state_dict()

    def projected(self, batch, b, t):
        """Modality -> p_m, of what is usable."""
        found, own = {}, slice(self.k * WIDTH, (self.k + 1) * WIDTH)
        for m, name in enumerate(MODALITIES):
            if batch.usable[b, t, m]:
                weight = self.of[f"projections.{name}.weight"][own]
                bias = self.of[f"projections.{name}.bias"][own]
                found[m] = weight @ batch.features[name][b, t].clamp(-CLIP, CLIP) + bias
        return found

    def own(self, projected):
        """u of one utterance."""
        total = torch.zeros(WIDTH, dtype=torch.float64)
        for m in range(len(MODALITIES)):
            if m in projected:
                total += projected[m] / math.sqrt(len(projected))
            else:
                total += self.of["missing"][m, self.k, 0, 0]
        scale, shift = (self.of[name][self.k, 0, 0] for name in ("scale", "shift"))
        return gelu(normed(total) * scale + shift)

    def read(self, inputs, direction):
        """GRU, the inputs in the order in which they are read."""
        of, reader = self.of, direction * N_MEMBERS + self.k
        state, states = torch.zeros(WIDTH, dtype=torch.float64), []

        for x in inputs:
            given = x @ of["gru.from_input"][direction, self.k]
            given = given + of["gru.input_bias"][direction, self.k, 0]
            recalled = state @ of["gru.from_state"][reader]
            reset, update = (
                torch.sigmoid(given[i * WIDTH : (i + 1) * WIDTH] + recalled[i * WIDTH :][:WIDTH])
                for i in (0, 1)
            )
            held = recalled[2 * WIDTH :] + of["gru.state_bias"][reader, 0]
            candidate = torch.tanh(given[2 * WIDTH :] + reset * held)
            state = (1 - update) * candidate + update * state
            states.append(state)

        return states

    def neighbours(self, rows, t):
        """n of one utterance; rows: `projected` of all of its dialogue."""
        total = self.of["neighbours.bias"][self.k, 0, 0].clone()
        for m in range(len(MODALITIES)):
            for j in range(2):
                reach = torch.log1p(self.of["neighbours.reach"][m, j, self.k].exp()).item()
                summed, weight = torch.zeros(WIDTH, dtype=torch.float64), 0.1
                for s, row in enumerate(rows):
                    if m in row:
                        summed += math.exp(-reach * abs(t - s)) * gelu(row[m])
                        weight += math.exp(-reach * abs(t - s))
                total += summed / weight @ self.of["neighbours.mix"][m, j, self.k, 0]
        return gelu(normed(total))

    def logits(self, batch, b, length):
        rows = [self.projected(batch, b, t) for t in range(length)]
        own = [self.own(row) for row in rows]
        forwards, backwards = self.read(own, 0), self.read(own[::-1], 1)[::-1]
        told = []
        for t in range(length):
            context = torch.cat([forwards[t], backwards[t], self.neighbours(rows, t)])
            told.append(
                own[t] @ self.of["own"][self.k, 0]
                + context @ self.of["context"][self.k, 0]
                + self.of["bias"][self.k, 0, 0]
            )
        return torch.stack(told)


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_outputs_are_those_of_the_equations(kit, kind):
    learner = drawn(kit, kind)
    batch = kit.batch(list(LENGTHS), kind=kind, seed=2, dtype=torch.float64)
    outputs = learner.predict(batch)
    for b, length in enumerate(LENGTHS):
        told = torch.stack(
            [PlainMember(learner, k).logits(batch, b, length) for k in range(N_MEMBERS)]
        )
        if kind == "regression":
            expected, ours = told.mean(dim=0), outputs[b, :length]
        else:
            expected, ours = torch.softmax(told, -1).mean(dim=0), outputs[b, :length].softmax(-1)
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-12)
        assert not outputs[b, length:].any()


def test_the_gru_is_torchs(learner):
    """Member 1's weights in `torch.nn.GRU`, whose gates are reset, update, candidate too."""
    gru, of = learner.asked.gru, learner.asked.gru.state_dict()
    reference = torch.nn.GRU(WIDTH, WIDTH, bidirectional=True, batch_first=True).double()
    with torch.no_grad():
        for direction, suffix in enumerate(("", "_reverse")):
            reader = direction * N_MEMBERS + 1
            weights = (of["from_input"][direction, 1].T, of["from_state"][reader].T)
            held = torch.zeros(3 * WIDTH, dtype=torch.float64)
            held[2 * WIDTH :] = of["state_bias"][reader, 0]
            for name, value in zip(("ih", "hh"), weights, strict=True):
                getattr(reference, f"weight_{name}_l0{suffix}").copy_(value)
            getattr(reference, f"bias_ih_l0{suffix}").copy_(of["input_bias"][direction, 1, 0])
            getattr(reference, f"bias_hh_l0{suffix}").copy_(held)
    x = torch.randn(N_MEMBERS, 2, 7, WIDTH, dtype=torch.float64)
    valid = torch.arange(7) < torch.tensor([7, 4])[:, None]
    ours = gru(x, valid)[1]

    for b, length in ((0, 7), (1, 4)):
        expected = reference(x[1, b : b + 1, :length])[0][0]
        torch.testing.assert_close(ours[b, :length], expected, rtol=0, atol=1e-12)


def test_has_as_many_parameters_as_told(kit):
    """4 members of width 64: less than a tenth of ITEACNet's, the mean's copy not counted."""
    learner = kit.learner("committee", kit.shape(kit.paper_dims))
    projections = (512 + 1024 + 1024 + 3) * 64
    fused = 3 * 64 + 2 * 64
    gru = 2 * (3 * 64 * (64 + 64 + 1) + 64)
    neighbours = 6 * (64 * 64 + 1) + 64
    heads = (64 + 3 * 64) * 4 + 4
    assert learner.count_parameters() == 4 * (projections + fused + gru + neighbours + heads)
    iteacnet = kit.learner("iteacnet", kit.shape(kit.paper_dims))
    assert learner.count_parameters() < iteacnet.count_parameters() / 4


def test_a_dialogue_never_loses_every_modality_and_utterances_may(kit):
    torch.manual_seed(0)
    usable = torch.rand(3, 2, 400, 9, 1) < 0.5
    kept = hide_from_dialogues(usable, 0.4)
    assert not (kept & ~usable).any()
    gone = usable.any(dim=3) & ~kept.any(dim=3)  # (M, K, B, 1): a modality of a dialogue
    # Each with 0.4, but for the dialogues that would lose all three.
    assert gone.float().mean() == pytest.approx(0.4 - 0.4**3, abs=0.03)
    whole = (kept == usable).all(dim=3)
    assert (whole | gone).all()  # all of a dialogue, or nothing of it
    assert torch.equal(hide_from_dialogues(usable, 0.0), usable)


def test_predicts_by_the_running_mean_of_its_weights(kit):
    batch = kit.batch([5, 3], seed=1)
    learner = kit.learner("committee", hidden_dim=4, n_members=2, averaging=0.25)
    first = learner.members.own.detach().clone()
    with torch.no_grad():
        learner.members.own += 8.0
    learner.loss(batch, "train")
    torch.testing.assert_close(learner.asked.own, first + 2.0)
    before = learner.eval().predict(batch)
    with torch.no_grad():
        learner.members.own += 1.0
    assert torch.equal(learner.predict(batch), before)


def test_utterances_without_text_are_told_by_their_own_voice_and_face(kit, learner):
    """The blind spot of networks that ask with the text row alone (docs/equations.md)."""
    batch = kit.batch([9], seed=4, p_missing=0.0, dtype=torch.float64)
    extracted = torch.ones_like(batch.extracted)
    available = torch.ones_like(batch.available)
    available[..., MODALITIES.index("text")] = False

    def told(audio, visual):
        features = {**batch.features, "audio": audio, "visual": visual}
        shown = type(batch)(
            features, extracted, available, batch.valid, batch.speakers, batch.labels, batch.rows
        )
        return learner.predict(shown)[0]

    audio, visual = batch.features["audio"], batch.features["visual"]
    plain = told(audio, visual)
    assert (plain[1:] - plain[:-1]).abs().amax(dim=1).min() > 1e-3
    order = torch.tensor([0, 7, 2, 3, 4, 5, 6, 1, 8])
    moved = (told(audio[:, order], visual[:, order]) - plain).abs().mean(dim=1)
    assert min(moved[1], moved[7]) > max(moved[t] for t in (0, 2, 3, 4, 5, 6, 8))


def test_labels_are_smoothed_over_all_classes_and_no_epoch_is_selected(kit):
    learner = kit.learner("committee", kit.shape(), n_members=N_MEMBERS, label_smoothing=0.3).eval()
    batch = kit.batch(LENGTHS, seed=2)
    projected = learner.members.project(batch.masked().features)
    usable = batch.usable.permute(2, 0, 1)[:, None, :, :, None].expand(-1, N_MEMBERS, -1, -1, -1)
    told = learner.members(projected, usable, batch.valid).log_softmax(dim=-1)[:, batch.valid]
    labels = batch.labels[batch.valid].expand(N_MEMBERS, -1).unsqueeze(-1)
    expected = -(0.7 * told.gather(-1, labels).mean() + 0.3 * told.mean())
    assert learner.loss(batch, "train").total.item() == pytest.approx(expected.item(), rel=1e-5)
    assert learner.selection == "last"


@pytest.mark.parametrize(("lengths", "n_epochs"), [([2000], 24), ([1500, 501], 40)])
def test_many_utterances_are_seen_more_often(kit, lengths, n_epochs):
    batch = kit.batch(lengths)
    for told, expected in ((None, n_epochs), (3, 3)):
        learner = kit.learner("committee", hidden_dim=4, n_members=1, n_epochs=told)
        learner.prepare(batch)
        (phase,) = learner.phases()
        assert phase.n_epochs == expected
