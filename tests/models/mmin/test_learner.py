import pytest
import torch

SMALL = {"layers": (6, 4), "n_blocks": 2, "pretrain_epochs": 2}


@pytest.fixture
def batch(kit):
    return kit.batch([1] * 12, seed=4)


@pytest.fixture
def pretrained(kit, batch):
    """A learner whose pretraining is over, with gradients at nothing."""
    learner = kit.learner("mmin", **SMALL)
    optimizer = torch.optim.Adam(learner.pretrained.parameters(), 1e-2)
    for _ in range(5):
        optimizer.zero_grad()
        learner.loss(batch, "pretrain").total.backward()
        optimizer.step()
    learner.finish_phase("pretrain")
    learner.zero_grad()
    return learner


def touched(learner):
    """Names of the sub-networks that some gradient reaches."""
    named = learner.named_parameters()
    return {name.split(".")[0] for name, p in named if p.grad is not None and p.grad.any()}


def terms(learner, batch):
    """The parts of the training loss, each with its graph."""
    fused = learner.encoders(batch.masked().features)
    imagined, latents = learner.forth.with_latents(fused)
    returned = learner.back(imagined)
    target = learner.target(batch)
    log_probabilities = learner.classifier(latents).log_softmax(dim=-1)
    picked = log_probabilities.gather(-1, batch.labels[..., None])
    return {
        "task": -picked.mean(),
        "imagination": (target - imagined).square().mean(),
        "cycle": (fused.detach() - returned).square().mean(),
    }


def test_counts_as_published(kit):
    """paper Table 5: 3.87M, the frozen copy excluded, before and after pretraining."""
    learner = kit.learner("mmin", kit.shape(kit.paper_dims))
    assert learner.count_parameters() == 3_874_052
    learner.finish_phase("pretrain")
    assert learner.count_parameters() == 3_874_052
    assert sum(p.numel() for p in learner.parameters() if p.requires_grad) == 3_874_052


def test_pretraining_sees_complete_data_and_moves_the_pretrained_network_alone(kit, batch):
    learner = kit.learner("mmin", **SMALL).eval()
    loss = learner.loss(batch, "pretrain")
    assert torch.equal(loss.total, learner.loss(batch.complete(), "pretrain").total)
    loss.total.backward()
    assert touched(learner) == {"pretrained"}
    grown = {p for group in learner.phases()[0].groups for p in group.parameters}
    assert grown == set(learner.pretrained.parameters())


def test_training_loss_is_task_plus_four_imagination_plus_two_cycle(pretrained, batch):
    pretrained.eval()
    expected = terms(pretrained, batch)
    loss = pretrained.loss(batch, "train")
    for name, value in expected.items():
        torch.testing.assert_close(loss.parts[name], value.detach())
    total = expected["task"] + 4 * expected["imagination"] + 2 * expected["cycle"]
    torch.testing.assert_close(loss.total, total)


def test_targets_are_the_frozen_encoding_of_exactly_what_was_withheld(pretrained, batch):
    target = pretrained.target(batch)
    for b in range(12):
        parts = []
        for m, name in enumerate(batch.features):
            is_withheld = batch.extracted[b, 0, m] and not batch.available[b, 0, m]
            x = batch.features[name][b, 0]
            parts.append(pretrained.pretrained.encoders[name](x if is_withheld else 0 * x))
        torch.testing.assert_close(target[b, 0], torch.cat(parts).detach())
    assert not target.requires_grad


def test_gradients_reach_only_where_they_should(pretrained, batch):
    reached = {}
    for name in ("task", "imagination", "cycle"):
        pretrained.zero_grad()
        terms(pretrained.eval(), batch)[name].backward()
        reached[name] = touched(pretrained)
    assert reached == {
        "task": {"encoders", "forth", "classifier"},
        "imagination": {"encoders", "forth"},
        "cycle": {"encoders", "forth", "back"},
    }
    pretrained.zero_grad()
    pretrained.loss(batch, "train").total.backward()
    assert touched(pretrained) == {"encoders", "forth", "back", "classifier"}


def test_the_learners_own_gradient_is_that_of_the_parts_above(pretrained, batch):
    """So neither the target nor z, the cycle's aim, is moved by its own term."""
    pretrained.eval()
    parts = terms(pretrained, batch)
    (parts["task"] + 4 * parts["imagination"] + 2 * parts["cycle"]).backward()
    expected = {n: p.grad.clone() for n, p in pretrained.named_parameters() if p.grad is not None}
    pretrained.zero_grad()
    pretrained.loss(batch, "train").total.backward()
    for name, parameter in pretrained.named_parameters():
        if name in expected:
            torch.testing.assert_close(parameter.grad, expected[name])


def test_encoders_begin_as_copies_and_go_their_own_way(kit, pretrained, batch):
    frozen = {k: v.clone() for k, v in pretrained.pretrained.state_dict().items()}
    for name, value in pretrained.encoders.state_dict().items():
        assert torch.equal(value, frozen[f"encoders.{name}"])
    phase = pretrained.phases()[-1]
    optimizer = torch.optim.Adam([p for g in phase.groups for p in g.parameters], 1e-2)
    pretrained.train()
    pretrained.loss(batch, "train").total.backward()
    optimizer.step()
    for name, value in pretrained.pretrained.state_dict().items():
        assert torch.equal(value, frozen[name])
    assert not torch.equal(
        pretrained.encoders["audio"][0].weight, frozen["encoders.audio.0.weight"]
    )


def test_the_frozen_network_knows_no_dropout_but_the_rest_does(pretrained, batch):
    pretrained.train()
    assert torch.equal(pretrained.target(batch), pretrained.target(batch))
    first, second = (pretrained.loss(batch, "train").total for _ in range(2))
    assert first != second


def test_the_frozen_network_survives_saving_and_loading(kit, pretrained, batch):
    fresh = kit.learner("mmin", seed=1, **SMALL)
    fresh.load_state_dict(pretrained.state_dict())
    fresh.train()
    assert torch.equal(fresh.target(batch), pretrained.target(batch))
    assert not any(p.requires_grad for p in fresh.pretrained.parameters())
    assert all(p.requires_grad for p in fresh.encoders.parameters())


def test_training_before_pretraining_is_refused(kit, batch):
    with pytest.raises(RuntimeError, match="needs finish_phase"):
        kit.learner("mmin", **SMALL).loss(batch, "train")


def test_trains_as_published(kit):
    """reading.md B.6."""
    pretrain, train = kit.learner("mmin").phases()
    assert (pretrain.name, pretrain.n_epochs, pretrain.decay_after) == ("pretrain", 100, 20)
    assert (train.name, train.n_epochs, train.decay_after) == ("train", None, 20)
    assert (pretrain.is_complete, train.is_complete) == (True, False)
    assert {g.betas for g in pretrain.groups} == {(0.9, 0.999)}
    assert {g.betas for g in train.groups} == {(0.5, 0.999)}
    assert {g.max_grad_norm for g in (*pretrain.groups, *train.groups)} == {5.0}
