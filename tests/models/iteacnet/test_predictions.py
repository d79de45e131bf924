from dataclasses import replace

import pytest
import torch

FRAMEWORKS = ("its", "gcnet", "teacher_only")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_predictions_come_from_the_reported_network_and_keep_to_the_mask(
    make_learner, make_batch, framework
):
    learner, batch = make_learner(framework=framework).eval(), make_batch([9, 4])
    reported = learner.student if framework == "its" else learner.teacher
    logits = learner.predict(batch)
    assert logits.shape == (2, 9, 4)
    assert torch.equal(logits, reported(batch.masked()).logits)
    assert not torch.equal(logits, learner.predict(batch.complete()))
    assert (learner.student is None) == (framework != "its")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_predictions_from_embedded_vectors_are_the_same(make_learner, make_batch, framework):
    learner, batch = make_learner(framework=framework).eval(), make_batch([9, 4])
    embedded = replace(batch, features=learner.embed(batch.features))
    torch.testing.assert_close(learner.predict_embedded(embedded), learner.predict(batch))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_only_published_padding_is_seen(make_learner, framework):
    assert make_learner(framework=framework, padding="published").sees_padding
    assert not make_learner(framework=framework).sees_padding


def test_weights_survive_a_round_trip(make_learner, make_batch):
    learner, other, batch = make_learner(), make_learner(seed=1), make_batch([8, 5])
    other.load_state_dict(learner.state_dict())
    assert torch.equal(learner.eval().predict(batch), other.eval().predict(batch))
