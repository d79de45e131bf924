import re
from dataclasses import replace

import pytest
import torch

from models.iteacnet.learner import build
from models.iteacnet.losses import imputation_loss
from tests.models.iteacnet.forms import FRAMEWORKS, STEADY

TS = {  # the paper's vanilla teacher and student: a complex teacher, a simple student
    "teacher": {"encoder": "nas", "n_layers": 4},
    "student": {"encoder": "transformer", "n_layers": 3},
}


def is_missing_any(batch):
    """(B, T) bool: valid utterances that lack at least one modality."""
    return batch.valid & ~batch.usable.all(dim=-1)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_loss_is_finite_and_reaches_every_parameter(make_learner, make_batch, framework, kind):
    learner = make_learner(shape={"kind": kind}, framework=framework)
    loss = learner.loss(make_batch([9, 4], kind=kind), "train")
    loss.total.backward()
    assert bool(loss.total.isfinite())
    assert all(not part.requires_grad for part in loss.parts.values())
    assert all(parameter.grad is not None for parameter in learner.parameters())


def test_its_teacher_learns_complete_data_and_student_incomplete(make_learner, make_batch):
    learner, batch = make_learner(**STEADY), make_batch([9, 4])
    parts = learner.loss(batch, "train").parts
    complete, incomplete = learner.teacher(batch.complete()), learner.student(batch)

    emotions = []
    for output in (complete, incomplete):
        log_p = torch.log_softmax(output.logits[batch.valid], dim=1)
        emotions.append(-log_p.gather(1, batch.labels[batch.valid][:, None]).mean())
    assert parts["emotion_teacher"].item() == pytest.approx(emotions[0].item(), rel=1e-5)
    assert parts["emotion_student"].item() == pytest.approx(emotions[1].item(), rel=1e-5)

    imputation = imputation_loss(
        incomplete.hidden_rows,
        complete.hidden_rows,
        (0.5, 0.1, 0.05),
        incomplete.layout.pack(is_missing_any(batch)),
    )
    assert parts["imputation"].item() == pytest.approx(imputation.item(), rel=1e-5)

    expected = (emotions[0] + emotions[1]) / 2 + imputation
    assert learner.loss(batch, "train").total.item() == pytest.approx(expected.item(), rel=1e-5)


def test_imputation_moves_the_student_only(make_learner, make_batch):
    learner, batch = make_learner(**STEADY), make_batch([9, 4])
    with_imputation = gradients(learner, batch)
    learner.settings = replace(learner.settings, imputation_weights=(0.0, 0.0, 0.0))
    without = gradients(learner, batch)
    for name, gradient in with_imputation.items():
        is_same = torch.equal(gradient, without[name])
        assert is_same == (name.startswith("teacher") or name.startswith("student.classifier"))


def gradients(learner, batch):
    """All but those of ECCE's constants, which are rounding: no softmax is moved by them."""
    learner.zero_grad()
    learner.loss(batch, "train").total.backward()
    return {
        name: parameter.grad.clone()
        for name, parameter in learner.named_parameters()
        if not re.search(r"contexts\.0\.\w+\.linear\.bias", name)
    }


@pytest.mark.parametrize(("rows", "is_zero"), [("missing", True), ("all", False)])
def test_imputation_without_anything_missing(make_learner, make_batch, rows, is_zero):
    learner = make_learner(imputation_rows=rows)
    batch = make_batch([9, 4], rate=0.0)
    batch = replace(batch, extracted=batch.valid[..., None].expand(-1, -1, 3))
    imputation = learner.loss(batch, "train").parts["imputation"].item()
    assert (imputation == 0.0) == is_zero
    assert imputation >= 0


def test_a_modality_that_the_task_lacks_is_not_missing(make_learner, make_batch):
    dims = {"audio": 5, "text": 7}
    batch = make_batch([9, 4], dims=dims, rate=0.0)
    there = batch.valid[..., None] & torch.tensor([True, True, False])
    learner = make_learner(shape={"dims": dims})
    complete = learner.loss(replace(batch, extracted=there), "train")
    assert complete.parts["imputation"].item() == 0.0


def test_gcnet_framework_adds_the_losses_of_both_batches(make_learner, make_batch):
    learner, batch = make_learner(framework="gcnet", **STEADY), make_batch([9, 4])
    loss = learner.loss(batch, "train")
    only = make_learner(framework="teacher_only", **STEADY)
    only.load_state_dict(learner.state_dict())
    complete = only.loss(batch, "train").total
    incomplete = only.loss(
        replace(batch, extracted=batch.usable, available=torch.ones_like(batch.available)), "train"
    ).total
    assert loss.total.item() == pytest.approx((complete + incomplete).item(), rel=1e-5)
    assert set(loss.parts) == {"emotion_complete", "emotion_incomplete"}


def test_teacher_only_never_meets_a_mask(make_learner, make_batch):
    learner, batch = make_learner(framework="teacher_only", **STEADY), make_batch([9, 4])
    losses = [
        learner.loss(batch.with_available(available), "train").total.item()
        for available in (batch.available, torch.ones_like(batch.available))
    ]
    assert losses[0] == losses[1]
    for framework in FRAMEWORKS:  # so that the loop draws none
        (phase,) = make_learner(framework=framework).phases()
        assert phase.is_complete == (framework == "teacher_only")


def test_regression_losses_differ_by_their_kind(make_learner, make_batch):
    batch = make_batch([9, 4], kind="regression")
    values = {}
    for kind in ("mse", "l1"):
        learner = make_learner(shape={"kind": "regression"}, regression_loss=kind, **STEADY)
        error = (learner.predict(batch)[..., 0] - batch.labels)[batch.valid]
        values[kind] = learner.loss(batch, "train").parts["emotion_student"].item()
        truth = error.square().mean() if kind == "mse" else error.abs().mean()
        assert values[kind] == pytest.approx(truth.item(), rel=1e-5)
    assert values["mse"] != values["l1"]


def test_inverted_and_vanilla_pairs_are_only_settings(make_learner, make_batch):
    vanilla = make_learner(**TS)
    assert [len(vanilla.teacher.layers), len(vanilla.student.layers)] == [4, 3]
    assert vanilla.teacher.layers[0].blocks["text"].mixer.router is not None
    assert vanilla.student.layers[0].blocks["text"].mixer.router is None
    loss = vanilla.loss(make_batch([9, 4]), "train")
    loss.total.backward()
    assert loss.parts["imputation"] > 0


def test_networks_of_one_layer_have_one_imputation_term(make_learner, make_batch):
    learner = make_learner(teacher={"n_layers": 1, "dropout": 0.0}, context={"dropout": 0.0})
    batch = make_batch([9, 4])
    ours, target = learner.student(batch), learner.teacher(batch.complete())
    rows = ours.layout.pack(is_missing_any(batch))
    distance = ours.hidden_rows[0] - target.hidden_rows[0]
    expected = 0.5 * distance[rows].square().mean()
    loss = learner.loss(batch, "train")
    assert loss.parts["imputation"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_routers_learn_at_their_own_rate(make_learner):
    learner = make_learner()
    (phase,) = learner.phases()
    rest, routers = phase.groups
    assert phase.name == "train"
    assert (rest.learning_rate, routers.learning_rate) == (5e-4, 5e-3)
    assert {group.weight_decay for group in phase.groups} == {1e-5}
    assert {group.kind for group in phase.groups} == {"adamw"}
    names = {id(p): name for name, p in learner.named_parameters()}
    assert all(".router." in names[id(p)] for p in routers.parameters)
    assert not any(".router." in names[id(p)] for p in rest.parameters)
    assert len(routers.parameters) == 2 * 12  # weight and bias; 4 layers of 3 modalities
    assert len(routers.parameters) + len(rest.parameters) == len(names)


def test_each_network_has_its_own_dropout(make_learner):
    learner = make_learner(teacher={"dropout": 0.25}, context={"dropout": 0.125})
    shares = {
        name: {
            part.p
            for key, part in network.named_modules()
            if key.endswith(".dropout") and ("contexts" in key) == is_context
        }
        for name, network, is_context in (
            ("teacher", learner.teacher, False),
            ("student", learner.student, False),
            ("ECCE", learner, True),
        )
    }
    assert shares == {"teacher": {0.25}, "student": {0.0}, "ECCE": {0.125}}


def test_without_routers_there_is_one_group(make_learner):
    (phase,) = make_learner(framework="gcnet").phases()
    assert len(phase.groups) == 1


def test_unknown_framework_is_refused(make_settings, make_shape):
    settings = replace(make_settings(), framework="mutual")
    with pytest.raises(ValueError, match="framework='mutual': use one of"):
        build(settings, make_shape())
