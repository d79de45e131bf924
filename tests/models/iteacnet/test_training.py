"""Steps of training: what a learner can learn, and what of it a seed and a device decide."""

import pytest
import torch
from sklearn.metrics import f1_score

from models.iteacnet.learner import build
from models.iteacnet.settings import IteacnetSettings
from tests.cuda import needs_cuda
from tests.models.iteacnet.forms import FRAMEWORKS, STEADY


def train(learner, batch, n_steps):
    (phase,) = learner.phases()
    optimizer = torch.optim.AdamW(
        [
            {"params": g.parameters, "lr": g.learning_rate, "weight_decay": g.weight_decay}
            for g in phase.groups
        ],
        fused=True,
    )
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss = learner.loss(batch, phase.name).total
        loss.backward()
        optimizer.step()
    return loss


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_overfits_a_dialogue_of_eight(make_shape, make_batch, framework):
    torch.manual_seed(0)
    learner = build(IteacnetSettings(framework=framework), make_shape())
    batch = make_batch([8], rate=0.3)
    if framework == "teacher_only":
        batch = batch.complete()
    train(learner, batch, n_steps=60)
    predicted = learner.eval().predict(batch)[batch.valid].argmax(dim=1)
    assert f1_score(batch.labels[batch.valid], predicted, average="weighted") == 1.0


def test_a_seed_decides_training(make_learner, make_batch):
    losses = []
    for _ in range(2):
        learner, batch = make_learner(), make_batch([8, 5])
        torch.manual_seed(3)
        losses.append(train(learner, batch, n_steps=3).item())
    assert losses[0] == losses[1]


@needs_cuda
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_runs_on_cuda_as_on_the_cpu(make_learner, make_batch, framework):
    learner, batch = make_learner(framework=framework, **STEADY), make_batch([9, 4, 30])
    expected = learner.loss(batch, "train").total.item()
    logits = learner.eval().predict(batch)
    learner.to("cuda").train()
    loss = learner.loss(batch.to("cuda"), "train").total
    loss.backward()
    assert loss.item() == pytest.approx(expected, rel=1e-4)
    on_cuda = learner.eval().predict(batch.to("cuda")).cpu()
    torch.testing.assert_close(on_cuda, logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_running_mean_predicts_and_is_not_trained(make_learner, make_batch, framework):
    batch = make_batch([9, 4])
    learner = make_learner(framework=framework, averaging=0.5, label_smoothing=0.1)
    plain = make_learner(framework=framework)
    assert learner.count_parameters() == plain.count_parameters()
    student = learner.student or learner.teacher
    first = student.classifier.weight.detach().clone()
    train(learner, batch, 1)
    second = student.classifier.weight.detach().clone()
    train(learner, batch, 1)  # the mean of what it was before each step: shares 1/3 and 2/3
    torch.testing.assert_close(learner.reported.classifier.weight, first / 3 + 2 * second / 3)
    fresh = make_learner(framework=framework, averaging=0.5, label_smoothing=0.1)
    fresh.load_state_dict(learner.state_dict())
    assert torch.equal(fresh.eval().predict(batch), learner.eval().predict(batch))
    assert not torch.equal(fresh.predict(batch), student.eval()(batch).logits)
