"""Truth: predictions in batches of their own shapes."""

import numpy as np
import pytest
import torch

from pipeline.conversations.inference import predict_rates
from pipeline.training.fixed_evaluation import FixedEvaluation
from pipeline.training.recording import Recorder
from tests.pipeline.training.fixed_shapes import REPLAYABLE, build

CPU = torch.device("cpu")


@pytest.mark.parametrize("model", REPLAYABLE)
def test_an_evaluation_in_fixed_shapes_predicts_the_same(model, data):
    learner = build(model)
    if model == "mmin":
        learner.finish_phase("pretrain")
    asked = (learner, data.conversations, data.validation, data.validation_masks)
    evaluation = FixedEvaluation(*asked, Recorder(CPU))
    for _ in range(2):  # weights of now, each time
        expected = predict_rates(*asked, lambda: None)
        close = 1e-5 * np.ptp(expected)
        np.testing.assert_allclose(evaluation.predict(lambda: None), expected, atol=close)
        with torch.no_grad():
            for parameter in learner.parameters():
                parameter.mul_(1.5)
        assert close > 0
    assert learner.training
