"""Imports go one way, by layers: each unit may import only what its row lists.

A unit is a module or folder; the row with the longest matching name holds. Imports inside
functions count too.
"""

import re
import sys

import pytest

from tests.modules import FLAT, MODULES, ROOT, imported, is_ours, within

CONTRACTS = ("models.batch", "models.feature_rows", "models.learner")
MAY_IMPORT = {
    **dict.fromkeys(FLAT, FLAT),
    "pipeline.corpora": FLAT,
    "pipeline.media": FLAT,
    "pipeline.features": (*FLAT, "pipeline.media", "models.encoders"),
    "pipeline.protocol": FLAT,
    "pipeline.conversations": (
        *FLAT,
        "pipeline.features.store",
        "pipeline.protocol",
        *CONTRACTS,
    ),
    "pipeline.training": (*FLAT, "pipeline.protocol", "pipeline.conversations", "models"),
    "pipeline.evaluation": FLAT,
    "pipeline.evaluation.predict": (
        *FLAT,
        "pipeline.evaluation",
        "pipeline.conversations",
        "models",
    ),
    "pipeline.report": (*FLAT, "pipeline.evaluation", "pipeline.protocol"),
    "pipeline.config": FLAT,
    "pipeline.own_gpu": (),
    "pipeline.terminal": (),
    "pipeline.__main__": (),
    "pipeline.seals": FLAT,
    "pipeline.plan": (*FLAT, "pipeline.config"),
    "pipeline.decisions": (
        *FLAT,
        "pipeline.config",
        "pipeline.plan",
        "pipeline.corpora",
        "pipeline.features",
    ),
    "pipeline.examining": (
        *FLAT,
        "pipeline.config",
        "pipeline.corpora",
        "pipeline.media",
        "pipeline.protocol",
        "pipeline.stages.import_features",
    ),
    "pipeline.doctor": (
        *FLAT,
        "pipeline.config",
        "pipeline.corpora",
        "pipeline.features",
        "pipeline.examining",
    ),
    "pipeline.cache": (
        *FLAT,
        "pipeline.config",
        "pipeline.plan",
        "pipeline.decisions",
        "pipeline.seals",
        "pipeline.media",
        "pipeline.features",
        "pipeline.training",
        "pipeline.stages",
    ),
    "pipeline.fetch_weights": (*FLAT, "pipeline.config", "pipeline.features"),
    "pipeline.label": (
        *FLAT,
        "pipeline.features.store",
        "pipeline.conversations",
        "pipeline.training",
        "pipeline.evaluation",
        "models.learner",
    ),
    "pipeline.stages": (
        *FLAT,
        "pipeline.config",
        "pipeline.corpora",
        "pipeline.media",
        "pipeline.features",
        "pipeline.protocol",
        "pipeline.conversations",
        "pipeline.training",
        "pipeline.evaluation",
        "pipeline.report",
        "models",
    ),
    "models": (),
    "models.encoders": (),
    "models.iteacnet": (),
    "models.baselines": (),
}
MODEL_FOLDERS = ("models.encoders", "models.iteacnet", "models.baselines")
RULES_MAY_IMPORT = (
    "pipeline.cache.users",
    "pipeline.config",
    "pipeline.decisions",
    "pipeline.plan",
    "pipeline.retries",
    "pipeline.seals",
    "pipeline.settings",
    "pipeline.yaml_files",
    "pipeline.terminal.screen",
)
RULE_FILES = [ROOT / "Snakefile", *sorted((ROOT / "pipeline" / "rules").glob("*.smk"))]


def unit_of(name: str) -> str | None:
    return max((unit for unit in MAY_IMPORT if within(name, unit)), key=len, default=None)


def is_root_model(name: str) -> bool:
    """A module directly in models/: what its folders share."""
    return name.startswith("models.") and name.count(".") == 1 and name not in MODEL_FOLDERS


def is_allowed(name: str, target: str) -> bool:
    unit = unit_of(name)
    if unit is None or target in ("pipeline", "models"):
        return False
    if within(target, unit) and unit != "models":
        return True
    if unit == "models" or unit in MODEL_FOLDERS:
        return is_root_model(target) and unit != "models.encoders"
    return any(within(target, allowed) for allowed in MAY_IMPORT[unit])


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_go_one_way(name):
    ours = filter(is_ours, imported(name))
    wrong = sorted(target for target in ours if not is_allowed(name, target))
    assert not wrong, f"{name} may not import {wrong}; its row is {unit_of(name)}"


def test_every_module_has_its_place():
    shells = {"pipeline", "models"}
    assert [name for name in MODULES if unit_of(name) is None and name not in shells] == []


def test_the_table_itself_goes_one_way():
    """No unit can reach itself through rows of others."""

    def reach(unit, seen=()):
        assert unit not in seen, " -> ".join((*seen, unit))
        for target in MAY_IMPORT[unit] if unit not in FLAT else ():
            above = unit_of(target)
            if above is not None and above not in FLAT:
                reach(above, (*seen, unit))

    for unit in MAY_IMPORT:
        reach(unit)


@pytest.mark.parametrize("name", sorted(name for name in MODULES if within(name, "models")))
def test_models_know_torch_and_nothing_of_files(name):
    outside = {target for target in imported(name) if not within(target, "models")}
    forbidden = {"pathlib", "os", "io", "shutil", "tempfile", "json", "csv", "pickle", "subprocess"}
    assert outside - {"torch"} <= set(sys.stdlib_module_names) - forbidden


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_rules_know_the_plan_and_command_lines_only(path):
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^\s*(?:from|import)\s+((?:pipeline|models)[\w.]*)", text, re.MULTILINE)
    assert set(found) <= set(RULES_MAY_IMPORT)
