"""A package of the user's own, outside this tree."""

import sys
from itertools import count

import pytest

NAMES = (f"somebodys{number}" for number in count())  # modules of tests before stay imported


@pytest.fixture
def spoiled():
    """The name of a module of `code` in which a fault was put, and what is said of it."""

    def write(package, module, code, fault):
        before, after, said = fault
        assert before in code
        return package(module, code.replace(before, after, 1)), said

    return write


@pytest.fixture
def package(tmp_path, monkeypatch):
    """write(module, code): its name, in a package that no other test has."""
    name = next(NAMES)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / name).mkdir()

    def write(module, code):
        (tmp_path / name / f"{module}.py").write_text(code, encoding="utf-8")
        return f"{name}.{module}"

    yield write
    for known in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[known]
