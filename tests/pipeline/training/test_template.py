"""The method that docs/extend.md shows as a template trains."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest
import torch

from models.learner import TaskShape
from tests.documents.pages import templates


@pytest.fixture
def template(tmp_path):
    code = templates()["method"]
    path = tmp_path / "template.py"
    path.write_text(code, encoding="utf-8")
    spec = spec_from_file_location("template", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_template_learns(template, make_trainer):
    torch.manual_seed(0)
    shape = TaskShape({"audio": 5, "text": 7, "visual": 4}, 3, "classification", 9, 2)
    learner = template.build(template.METHOD.settings(hidden_dim=8, learning_rate=0.02), shape)
    history = make_trainer(learner, n_epochs=15, rate=0.3).run().history
    losses = [row["loss"] for row in history]
    assert losses[-1] < 0.8 * losses[0]
