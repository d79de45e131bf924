"""What no module may hold: relative imports, unpickling, shells."""

import ast

import pytest

from tests.modules import MODULES


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_are_absolute(name):
    """Code digests follow absolute imports only (pipeline.base.provenance)."""
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
