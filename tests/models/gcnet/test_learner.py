import math

import pytest
import torch

from models.fast.layout import Layout
from models.gcnet.learner import TimeAttention
from models.learner import TooLargeError


@pytest.mark.parametrize(
    ("hidden_dim", "settings", "kind", "n_speakers", "expected"),
    [
        (200, {"idle_parts": True}, "classification", 2, 34_139_164),  # paper Table 5: 34.14M
        (200, {"idle_parts": True, "time_attention": True}, "classification", 2, 34_139_164),
        (200, {"time_attention": True}, "classification", 2, 30_102_364),
        (200, {}, "classification", 2, 30_102_364 - 2 * (1000 * 1000 + 1000)),  # two attentions
        (100, {"idle_parts": True}, "classification", 2, 10_660_864),  # reading.md B.5
        (200, {"idle_parts": True}, "regression", 1, 34_017_661),  # reading.md B.5, MOSI
    ],
)
def test_counts_as_published(kit, hidden_dim, settings, kind, n_speakers, expected):
    shape = kit.shape(kit.paper_dims, kind=kind, n_speakers=n_speakers)
    learner = kit.learner("gcnet", shape, hidden_dim=hidden_dim, **settings)
    assert learner.count_parameters() == expected


def test_idle_parts_change_no_prediction(kit):
    batch = kit.batch([4, 2])
    idle = kit.learner("gcnet", hidden_dim=8, idle_parts=True).eval()
    plain = kit.learner("gcnet", hidden_dim=8).eval()
    missing, unexpected = plain.load_state_dict(idle.state_dict(), strict=False)
    assert not missing
    assert {name.split(".")[-3] for name in unexpected if "transform" in name} == {"attention"}
    assert any(name.startswith("idle_gru") for name in unexpected)
    assert torch.equal(idle.predict(batch), plain.predict(batch))


def test_attention_is_a_masked_softmax_of_tanh_scores():
    torch.manual_seed(0)
    attention = TimeAttention(3).double()
    lengths = [4, 1, 2]
    x = torch.randn(3, 4, 3, dtype=torch.float64)
    valid = torch.arange(4) < torch.tensor(lengths)[:, None]
    layout = Layout.of(valid)
    ours = layout.unpack(attention(layout.pack(x), layout))
    weight, bias = attention.transform.weight, attention.transform.bias
    for b, n in enumerate(lengths):
        for i in range(n):
            query = weight @ x[b, i] + bias
            scores = [math.exp(math.tanh((query @ x[b, j]).item())) for j in range(n)]
            expected = sum(s / sum(scores) * x[b, j] for j, s in enumerate(scores))
            torch.testing.assert_close(ours[b, i], expected, atol=1e-10, rtol=0)


def dense_branch(branch, x, kinds, is_edge):
    """One branch on one dialogue (L, 2h), with one L x L matrix per relation."""
    conv, graph = branch.relational, branch.graph
    local = x @ conv.root + conv.bias
    for r in range(len(conv.weight)):
        adjacent = (is_edge & (kinds == r)).to(x.dtype)
        local = local + adjacent / adjacent.sum(1, keepdim=True).clamp(min=1) @ x @ conv.weight[r]
    local = graph.root(local) + graph.heard(is_edge.to(x.dtype) @ local)
    context = branch.lstm.lstm(torch.cat([x, local], dim=1))[0]
    if branch.attention is not None:
        scores = (branch.attention.transform(context) @ context.T).tanh()
        context = scores.softmax(dim=1) @ context
    return torch.relu(branch.reduce(context))


@pytest.mark.parametrize("time_attention", [True, False])
def test_the_network_equals_a_dense_transcription_of_one_dialogue_at_a_time(kit, time_attention):
    batch = kit.batch([7, 3, 5], seed=6, dtype=torch.float64)
    learner = kit.learner(
        "gcnet", hidden_dim=8, window_past=2, window_future=1, time_attention=time_attention
    )
    learner = learner.double().eval()
    ours, features = learner.predict(batch), batch.masked().features

    for b, n in enumerate([7, 3, 5]):
        x = torch.cat([features[name][b, :n] for name in ("audio", "text", "visual")], dim=-1)
        x = learner.lstm.lstm(x)[0]

        speaker, node = batch.speakers[b, :n], torch.arange(n)
        ahead = node[None, :] - node[:, None]  # [target i, source j]: j - i
        is_edge = (ahead >= -1) & (ahead <= 2)  # i in [j - 2, j + 1]

        by_time = dense_branch(learner.temporal, x, ahead.sign() + 1, is_edge)
        kinds = speaker[:, None] * 2 + speaker[None, :]
        by_speaker = dense_branch(learner.speaker, x, kinds, is_edge)

        expected = learner.classifier(by_time + by_speaker)
        torch.testing.assert_close(ours[b, :n], expected, atol=1e-9, rtol=0)


def test_loss_is_the_task_plus_the_errors_of_withheld_cells_per_valid_utterance(kit):
    batch = kit.batch([5, 3], seed=4)
    learner = kit.learner("gcnet", hidden_dim=8, reconstruction_weight=0.7).eval()
    layout = Layout.of(batch.valid)
    hidden = layout.unpack(learner.hidden(batch.utterances(layout.cells), layout))
    logits, decoded = learner.classifier(hidden), learner.decoder(hidden)
    dims, task, error, first = list(batch.features), 0.0, 0.0, 0
    for b, t in batch.valid.nonzero().tolist():
        task -= logits[b, t].log_softmax(0)[batch.labels[b, t]].item() / 8
    for m, name in enumerate(dims):
        dim = batch.features[name].shape[-1]
        part = decoded[..., first : first + dim]
        first += dim
        for b, t in batch.valid.nonzero().tolist():
            if batch.extracted[b, t, m] and not batch.available[b, t, m]:
                error += (part[b, t] - batch.features[name][b, t]).square().mean().item() / 8
    loss = learner.loss(batch, "train")

    assert float(loss.parts["task"]) == pytest.approx(task, rel=1e-5)
    assert float(loss.parts["reconstruction"]) == pytest.approx(error, rel=1e-5)
    assert loss.total.item() == pytest.approx(task + 0.7 * error, rel=1e-5)


def test_padding_before_a_valid_utterance_is_refused(kit):
    batch = kit.batch([3, 2])
    batch.valid[1, 0] = False
    with pytest.raises(ValueError, match="padding must come last"):
        kit.learner("gcnet", hidden_dim=8).predict(batch)


def test_an_odd_hidden_dim_is_refused(kit):
    with pytest.raises(ValueError, match="hidden_dim=9 is odd"):
        kit.learner("gcnet", hidden_dim=9)


def test_relations_of_500_speakers_are_refused_with_the_way_out(kit):
    with pytest.raises(TooLargeError, match=r"500 speakers .* need 10,000,000,000 values"):
        kit.learner("gcnet", kit.shape(n_speakers=500), hidden_dim=200)
