"""Imports go one way, by the layers of DESIGN: each unit may import only what its row lists.

A unit is a module or folder; the row with the longest matching name holds. Imports inside
functions count too, except where a test is about what loading a module drags in.
"""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLAT = tuple(
    f"pipeline.{name}"
    for name in (
        "errors",
        "refusals",
        "records",
        "tables",
        "settings",
        "provenance",
        "files",
        "arrays",
        "progress",
        "shards",
        "sections",
    )
)
CONTRACTS = ("models.batch", "models.learner")
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
    "pipeline.report": (*FLAT, "pipeline.evaluation"),
    "pipeline.config": FLAT,
    "pipeline.own_gpu": (),
    "pipeline.seals": FLAT,
    "pipeline.plan": (*FLAT, "pipeline.config"),
    "pipeline.decisions": (
        *FLAT,
        "pipeline.config",
        "pipeline.plan",
        "pipeline.corpora",
        "pipeline.features",
    ),
    "pipeline.doctor": (*FLAT, "pipeline.config", "pipeline.corpora", "pipeline.features"),
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
    "pipeline.config",
    "pipeline.decisions",
    "pipeline.plan",
    "pipeline.seals",
    "pipeline.settings",
)
# What must start in a moment, or run where every utterance is cached, loads no torch.
NO_TORCH = (
    *FLAT,
    "pipeline.config",
    "pipeline.plan",
    "pipeline.decisions",
    "pipeline.seals",
    "pipeline.corpora",
    "pipeline.protocol",
    "pipeline.report",
    "pipeline.features.extractor",
    "pipeline.features.store",
    "pipeline.features.published",
    "pipeline.stages.build_manifest",
    "pipeline.stages.crop_faces",
    "pipeline.stages.extract_features",
    "pipeline.stages.join_features",
    "pipeline.stages.assign_splits",
    "pipeline.stages.draw_availability",
    "pipeline.stages.score",
    "pipeline.stages.report",
)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {
    module_name(path): path
    for top in ("pipeline", "models")
    for path in sorted((ROOT / top).rglob("*.py"))
}


def is_ours(name: str) -> bool:
    return name.split(".")[0] in ("pipeline", "models")


def within(name: str, unit: str) -> bool:
    return name == unit or name.startswith(f"{unit}.")


def unit_of(name: str) -> str | None:
    return max((unit for unit in MAY_IMPORT if within(name, unit)), key=len, default=None)


def import_statements(tree: ast.AST, *, functions: bool):
    """Import nodes of a module; without `functions`, those that run when it is loaded."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from import_statements(node, functions=functions)


def imported(name: str, *, functions: bool = True) -> set[str]:
    """Modules that `name` imports: ours by their full name, others by their first part."""
    found: set[str] = set()
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for node in import_statements(tree, functions=functions):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            inner = parts & MODULES.keys()
            found |= inner or {node.module or ""}
    return {one if is_ours(one) else one.split(".")[0] for one in found}


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


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_are_absolute(name):
    """Code digests follow absolute imports only (pipeline.provenance)."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    relative = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
    assert not relative


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nothing_unpickles_or_runs_a_shell(name):
    """No pickle, no eval, no shell; numpy's and torch's readers only with their locks on."""
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        options = {key.arg: ast.unparse(key.value) for key in node.keywords}
        assert called not in {"eval", "exec", "pickle.load", "pickle.loads", "os.system"}
        assert options.get("shell", "False") == "False"
        assert options.get("trust_remote_code", "False") == "False"
        if called == "torch.load":
            assert options["weights_only"] == "True"
        if called in {"np.load", "numpy.load"}:
            assert options["allow_pickle"] == "False"


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


RULE_FILES = [ROOT / "Snakefile", *sorted((ROOT / "pipeline" / "rules").glob("*.smk"))]


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_rules_know_the_plan_and_command_lines_only(path):
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^\s*(?:from|import)\s+((?:pipeline|models)[\w.]*)", text, re.MULTILINE)
    assert set(found) <= set(RULES_MAY_IMPORT)
