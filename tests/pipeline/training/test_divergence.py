"""Training that leaves the finite numbers ends with advice, and nothing of it is kept."""

import math

import pytest

from models.learner import Loss, OptimizerGroup, Phase
from pipeline.base.errors import TrainingError


def test_a_loss_that_is_no_number_ends_the_run_with_advice(make_learner, make_trainer):
    learner = make_learner()
    learner.loss = lambda batch, phase, group=0: Loss(learner.read.weight.sum() * math.nan)
    with pytest.raises(TrainingError, match=r"epoch 1: the loss is nan; lower"):
        make_trainer(learner).run()


def test_weights_that_the_last_step_broke_are_never_kept(make_learner, make_trainer):
    """The loss of an epoch is that of before its steps."""
    learner = make_learner()
    parameters = list(learner.parameters())
    learner.phases = lambda: [Phase("only", [OptimizerGroup(parameters, 1e39)])]
    learner.batch_size = 1000
    with pytest.raises(TrainingError, match=r"epoch 1: weights are no longer finite; lower"):
        make_trainer(learner, n_epochs=1).run()
