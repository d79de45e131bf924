"""What must start in a moment, or run where every utterance is cached, loads no torch.

Nor do stages of which there are hundreds load libraries of tables, each of them in a second.

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

NO_TABLES = {
    "pipeline.stages.train": {"pandas", "scipy", "sklearn"},
    "pipeline.stages.predict": {"pandas", "sklearn"},  # scipy fits the temperatures
    "pipeline.stages.crop_faces": {"pandas", "scipy", "sklearn"},
    "pipeline.stages.extract_features": {"pandas", "scipy", "sklearn"},
}


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


@pytest.mark.parametrize("name", NO_TABLES)
def test_stages_that_run_often_load_no_library_of_tables(name):
    reached = loaded_with(name)
    wrong = {target: reached[target] for target in NO_TABLES[name] & reached.keys()}
    assert not wrong, f"loading {name} loads {wrong}"
