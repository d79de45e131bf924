"""Imports go one way: each unit may import only what lies on a floor below it.

A unit is a folder, with the modules that no unit of a longer name holds. Imports inside functions
count too. A room is what a reader of the map sees: a folder of pipeline or models, whatever it
holds; the folders of methods are rooms of one kind, and the commands' door belongs to the tools.
"""

import re
import sys

import pytest

from models.registry import our_methods
from tests.modules import MODULES, ROOT, imported, is_ours, within

# A unit may import what lies on the floors below it, and itself; not its neighbours.
FLOORS = (
    ("pipeline.base", "models.fast"),
    ("models",),
    ("pipeline.config",),
    ("pipeline.media", "pipeline.protocol", "demo"),
    ("pipeline.corpora",),
    ("models.encoders", "models.plain", "models.iteacnet", "models.gcnet"),
    ("models.cra", "models.ae", "models.cpmnet", "models.gru", "models.momke", "models.comp"),
    ("models.committee", "models.prior", "models.logistic", "models.late_fusion"),
    ("models.mmin", "pipeline.features.cache"),
    ("pipeline.features.weights",),
    ("pipeline.features.faces",),
    ("pipeline.features.encoders", "pipeline.features.speech"),
    ("pipeline.features",),
    ("pipeline.conversations",),
    ("pipeline.training", "pipeline.evaluation"),
    ("pipeline.report", "pipeline.rules"),
    ("pipeline.stages",),
    ("pipeline.tools", "pipeline"),
)
FLOOR_OF = {unit: floor for floor, units in enumerate(FLOORS) for unit in units}
METHODS = ("plain", *our_methods())
MOST_ROOMS, MOST_ARROWS = 18, 70
RULES_MAY_IMPORT = (
    "pipeline.tools.cache.users",
    "pipeline.config.configuration",
    "pipeline.config.given",
    "pipeline.config.studies",
    "pipeline.protocol.fitting",
    "pipeline.rules.decisions",
    "pipeline.rules.leftovers",
    "pipeline.rules.plan",
    "pipeline.base.refusals",
    "pipeline.base.retries",
    "pipeline.base.artefacts",
    "pipeline.base.set_names",
    "pipeline.base.tables",
    "pipeline.rules.records",
    "pipeline.rules.seals",
    "pipeline.training.planning",
    "pipeline.rules.trainings",
    "pipeline.base.errors",
    "pipeline.base.records",
    "pipeline.config.yaml_files",
    "pipeline.rules.terminal.screen",
    "pipeline.report.studies",
)
IMPORTED = r"^\s*(?:from|import)\s+((?:pipeline|models|demo)[\w.]*)"
RULE_FILES = [ROOT / "Snakefile", *sorted((ROOT / "pipeline" / "rules").glob("*.smk"))]


def unit_of(name: str) -> str:
    return max((unit for unit in FLOOR_OF if within(name, unit)), key=len)


def is_allowed(name: str, target: str) -> bool:
    unit, below = unit_of(name), unit_of(target)
    is_shell = target in ("pipeline", "models")  # a package, imported for a module in it
    return not is_shell and (unit == below or FLOOR_OF[below] < FLOOR_OF[unit])


def room_of(name: str) -> str:
    top, *inner = name.split(".")
    if top == "demo":
        return top
    if not inner or not (ROOT / top / inner[0]).is_dir():
        return {"models": "models", "pipeline": "pipeline.tools"}[top]
    return "models.<method>" if inner[0] in METHODS else f"{top}.{inner[0]}"


def arrows() -> set[tuple[str, str]]:
    """Pairs of rooms of which the first imports the second."""
    found = {
        (room_of(name), room_of(target))
        for name in MODULES
        for target in filter(is_ours, imported(name))
    }
    return {(room, below) for room, below in found if room != below}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_go_one_way(name):
    ours = filter(is_ours, imported(name))
    wrong = sorted(target for target in ours if not is_allowed(name, target))
    assert not wrong, f"{name} may not import {wrong}; it belongs to {unit_of(name)}"


def test_the_house_gets_no_more_tangled():
    assert len({room_of(name) for name in MODULES}) <= MOST_ROOMS
    assert len(arrows()) <= MOST_ARROWS


@pytest.mark.parametrize("name", sorted(name for name in MODULES if within(name, "models")))
def test_models_know_torch_and_nothing_of_files(name):
    outside = {target for target in imported(name) if not within(target, "models")}
    forbidden = {"pathlib", "os", "io", "shutil", "tempfile", "json", "csv", "pickle", "subprocess"}
    assert outside - {"torch", "numpy", "scipy"} <= set(sys.stdlib_module_names) - forbidden


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_rules_know_the_plan_and_command_lines_only(path):
    text = path.read_text(encoding="utf-8")
    found = re.findall(
        r"^\s*(?:from|import)\s+((?:pipeline|models|demo)[\w.]*)", text, re.MULTILINE
    )
    assert set(found) <= set(RULES_MAY_IMPORT)
