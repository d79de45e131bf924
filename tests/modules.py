"""All modules of pipeline, models and demo, and what each imports."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {
    module_name(path): path
    for top in ("pipeline", "models", "demo")
    for path in sorted((ROOT / top).rglob("*.py"))
}


def is_ours(name: str) -> bool:
    return name.split(".")[0] in ("pipeline", "models", "demo")


def within(name: str, unit: str) -> bool:
    return name == unit or name.startswith(f"{unit}.")


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
    return {module if is_ours(module) else module.split(".")[0] for module in found}
