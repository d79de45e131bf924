"""Builds of `builds.py`: one to make, two to read only."""

import pytest

from tests.documents.pages import templates
from tests.pipeline.report.builds import EVIL, write_build

paper = {
    "iteacnet": {"model": "iteacnet", "evaluations": ["ime", "ume"]},
    "gcnet": {"model": "gcnet", "evaluations": ["ime", "ume"]},
    "ae": {"model": "ae", "evaluations": ["ume"]},
    "its_tf_tf": {
        "model": "iteacnet",
        "evaluations": ["ime"],
        "settings": {"student": {"encoder": "transformer", "n_layers": 4, "dropout": 0.0}},
    },
    "ts_nas_tf": {
        "model": "iteacnet",
        "evaluations": ["ime"],
        "settings": {
            "teacher": {"encoder": "nas", "n_layers": 4, "dropout": 0.5},
            "student": {"encoder": "transformer", "n_layers": 3, "dropout": 0.0},
        },
    },
    "gcnet_framework_tf": {
        "model": "iteacnet",
        "evaluations": ["ime"],
        "settings": {"framework": "gcnet"},
    },
    "ecce_none": {
        "model": "iteacnet",
        "evaluations": ["complete"],
        "settings": {"framework": "teacher_only", "context": {"is_global": False, "local": "off"}},
    },
    "ecce_global": {
        "model": "iteacnet",
        "evaluations": ["complete"],
        "settings": {"framework": "teacher_only", "context": {"local": "off"}},
    },
    "ecce_full": {
        "model": "iteacnet",
        "evaluations": ["complete"],
        "settings": {"framework": "teacher_only"},
    },
}


@pytest.fixture
def own_method(tmp_path, monkeypatch):
    """The method of docs/extend.md, a module outside the tree: what `model` calls it."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "report_own").mkdir()
    (tmp_path / "report_own" / "mean.py").write_text(templates()["method"], encoding="utf-8")
    return "report_own.mean"


@pytest.fixture
def make_build(tmp_path):
    """`make(kind=..., methods={name: settings}, modalities=..., text=..., **sections)`."""
    return lambda **options: write_build(tmp_path, **options)


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Every method of the paper, and its page; to read only."""
    build = write_build(tmp_path_factory.mktemp("study"), methods=paper, seeds=(0,))
    return build, build.report()


@pytest.fixture(scope="session")
def two_methods(tmp_path_factory):
    """ITEACNet and GCNet, two seeds, hostile transcripts, and the page; to read only."""
    build = write_build(tmp_path_factory.mktemp("two"), text=EVIL)
    return build, build.report()
