"""What must start in a moment, or run where every utterance is cached, loads no torch.

Only imports that run when a module is loaded count; those inside functions do not.
"""

import pytest

from tests.modules import MODULES, imported, within

NO_TORCH = (
    "pipeline.base",
    "pipeline.config",
    "pipeline.rules.plan",
    "pipeline.rules.decisions",
    "pipeline.rules.seals",
    "pipeline.corpora",
    "pipeline.protocol",
    "pipeline.report",
    "pipeline.features.cache.extractor",
    "pipeline.features.store",
    "pipeline.features.weights.published",
    "pipeline.stages.build_manifest",
    "pipeline.stages.crop_faces",
    "pipeline.stages.extract_features",
    "pipeline.stages.join_features",
    "pipeline.stages.assign_splits",
    "pipeline.stages.draw_availability",
    "pipeline.stages.score",
    "pipeline.stages.report",
)


def loaded_with(name: str) -> dict[str, str]:
    """Everything that loading `name` loads, each with who asked for it; functions stay shut."""
    reached: dict[str, str] = {}
    waiting = [(name, "")]
    while waiting:
        current, asked_by = waiting.pop()
        if current in reached:
            continue
        reached[current] = asked_by
        if current in MODULES:
            waiting += [(target, current) for target in imported(current, functions=False)]
    return reached


@pytest.mark.parametrize(
    "name", sorted(name for name in MODULES if any(within(name, unit) for unit in NO_TORCH))
)
def test_light_modules_load_no_torch(name):
    reached = loaded_with(name)
    heavy = {"torch", "torchaudio", "torchvision", "transformers", "facenet_pytorch"}
    wrong = {target: reached[target] for target in heavy & reached.keys()}
    assert not wrong, f"loading {name} loads {wrong}"
