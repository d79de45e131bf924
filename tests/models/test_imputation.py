"""The learner that AE and CRA share."""

import pytest
import torch


@pytest.mark.parametrize("model", ["ae", "cra"])
def test_loss_is_the_task_plus_the_weighted_sum_of_errors_of_what_was_withheld(kit, model):
    """reading.md B.6: a sum over the batch, each modality's error divided by its size."""
    batch = kit.batch([1] * 9, seed=4)
    learner = kit.learner(model, reconstruction_weight=0.3).eval()
    usable, task, error = batch.usable, 0.0, 0.0
    for b in range(9):
        encoded = []
        for m, name in enumerate(batch.features):
            x = batch.features[name][b, 0] * usable[b, 0, m]
            encoded.append(learner.encoders[name](x))
        completed = learner.middle(torch.cat(encoded))
        task -= learner.classifier(completed).log_softmax(0)[batch.labels[b, 0]].item() / 9
        for m, name in enumerate(batch.features):
            if batch.extracted[b, 0, m] and not batch.available[b, 0, m]:
                errors = learner.decoders[name](completed) - batch.features[name][b, 0]
                error += errors.square().mean().item()
    loss = learner.loss(batch, "train")

    assert loss.total.item() == pytest.approx(task + 0.3 * error, rel=1e-5)


@pytest.mark.parametrize("model", ["ae", "cra"])
def test_the_classifier_reads_the_completed_vector_and_decoders_get_no_task_gradient(kit, model):
    batch = kit.batch([1] * 9, seed=4, p_missing=0)
    learner = kit.learner(model)
    learner.loss(batch, "train").total.backward()
    assert all(p.grad.abs().sum() > 0 for p in learner.middle.parameters() if p.dim() > 1)
    assert all(not p.grad.any() for p in learner.decoders.parameters())


@pytest.mark.parametrize("model", ["ae", "cra"])
def test_trains_as_published(kit, model):
    """reading.md B.6: utterances, masks drawn once, Adam with betas 0.5 and 0.999, 20 + 80
    epochs.
    """
    learner = kit.learner(model)
    (phase,) = learner.phases()
    assert (learner.batching, learner.masks, learner.batch_size) == ("utterances", "per_run", 256)
    assert (phase.decay_after, phase.alternate, len(phase.groups)) == (20, False, 8)
    for group in phase.groups:
        assert (group.kind, group.learning_rate, group.betas) == ("adam", 1e-3, (0.5, 0.999))
        assert group.max_grad_norm == 5.0
    counted = sum(p.numel() for group in phase.groups for p in group.parameters)
    assert counted == sum(p.numel() for p in learner.parameters())
