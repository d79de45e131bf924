"""check-method passes the method of docs/extend.md from outside the tree, and finds cheats."""

import os
import shutil
import subprocess
import sys

import pytest
import yaml

from models.registry import our_methods
from pipeline.config.methods import kind_of
from pipeline.tools.check_method import faults_of
from tests.documents.pages import ROOT, templates
from tests.small_methods import small_method

CONFIG = {
    "corpora": {"clips": {"reader": "folder", "root": "clips"}},
    "methods": {"mine": {"model": "my_package.mean", "settings": {"hidden_dim": 32}}},
    "train": {"methods": ["mine"]},
}
# What is changed in the module, and what is said of it.
CHEATS = {
    "withheld": (
        ("batch.masked().features", "batch.features"),
        "predict reads what is withheld",
    ),
    "labels": (
        ("return self.classify(total", "return batch.labels[..., None] + self.classify(total"),
        "predict must not read them",
    ),
    "state": (
        (
            "total = sum(",
            "self.n = getattr(self, 'n', 0) + self.training; total = self.n + sum(",
        ),
        "a fresh learner with its state_dict predicts otherwise",
    ),
    "determinism": (
        ("total = sum(", "total = __import__('os').urandom(1)[0] + sum("),
        "draw by torch alone",
    ),
    "padding": (
        ("clamp(min=1))", "clamp(min=1)) + features['audio'].mean()"),
        "mask by `valid`",
    ),
}


EMBEDDING = """    embeds = True

    def embed(self, features):
        return {name: layer(features[name]) for name, layer in self.project.items()}

    def predict_embedded(self, batch):
        features = batch.masked().features
        total = sum(features[name] for name in self.project)
        return self.classify(total / batch.usable.sum(dim=-1, keepdim=True).clamp(min=1))

"""
EMBEDDING_CHEATS = {
    "company": (
        ("layer(features[name])", "layer(features[name] - features[name].mean(dim=0))"),
        "in other company is embedded otherwise",
    ),
    "other": (
        ("return self.classify(total", "return 2 * self.classify(total"),
        "`predict_embedded` predicts otherwise than `predict`",
    ),
}


@pytest.fixture
def project(tmp_path):
    """A folder with the module of docs/extend.md, a configuration, and no file of ours."""
    code = templates()["method"]
    package = tmp_path / "my_package"
    package.mkdir()
    (package / "mean.py").write_text(code, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    return tmp_path


def run(folder, *command):
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True
    )


def check_mine(project):
    return run(project, "-m", "pipeline", "check-method", "mine")


def test_a_module_outside_the_tree_holds_all(project):
    done = check_mine(project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "mine (my_package.mean): determinism, withheld, state, padding, embed hold\n"
    )


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_is_found(project, cheat):
    (before, after), said = CHEATS[cheat]
    module = project / "my_package" / "mean.py"
    code = module.read_text(encoding="utf-8")
    assert before in code
    module.write_text(code.replace(before, after), encoding="utf-8")
    done = check_mine(project)
    assert done.returncode == 1, done.stderr
    assert said in done.stdout


@pytest.mark.parametrize("cheat", [None, *EMBEDDING_CHEATS])
def test_embedding_once_for_all_rates_must_change_nothing(project, cheat):
    embedding, said = EMBEDDING, "embed hold"
    if cheat is not None:
        (before, after), said = EMBEDDING_CHEATS[cheat]
        assert before in embedding
        embedding = embedding.replace(before, after)
    module = project / "my_package" / "mean.py"
    code = module.read_text(encoding="utf-8")
    module.write_text(code.replace("    def loss(", f"{embedding}    def loss("), encoding="utf-8")
    done = check_mine(project)
    assert (said in done.stdout, done.returncode) == (True, int(cheat is not None)), done.stderr


@pytest.mark.parametrize("model", our_methods())
def test_our_methods_hold_all(model):
    assert list(faults_of(kind_of(model)(**small_method(model)))) == []


def test_settings_of_a_module_are_checked_as_ours(project):
    config = {**CONFIG, "methods": {"mine": {"model": "my_package.mean", "settings": {"hiden": 3}}}}
    (project / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    done = check_mine(project)
    assert "methods.mine.settings.hiden: unknown key" in done.stderr
    assert "did you mean 'hidden_dim'?" in done.stderr


def test_an_edit_of_the_module_or_of_what_it_imports_changes_its_digest(project):
    module = project / "my_package" / "mean.py"
    (project / "my_package" / "width.py").write_text("WIDTH = 1\n", encoding="utf-8")
    code = module.read_text(encoding="utf-8")

    module.write_text(
        code.replace("\nfrom torch", "\nfrom .width import WIDTH\nfrom torch", 1), "utf-8"
    )

    line = "from pipeline.base.provenance import code_digest as c; print(c('my_package.mean'))"
    digests = [run(project, "-c", line)]
    for path, old, new in (
        (module, "= 64", "= 65"),
        (project / "my_package" / "width.py", "= 1", "= 2"),
        (module, "# zeros where", "# noughts where"),
    ):
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
        digests.append(run(project, "-c", line))

    said = [digest.stdout for digest in digests]
    assert all(said), digests[0].stderr
    assert said[0] != said[1] != said[2] == said[3]


def test_a_folder_of_models_is_a_method_and_no_other_line_is_edited(tmp_path):
    for name in ("models", "pipeline"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.pyc"))
    code = templates()["method"]
    head, settings, rest = split(code)
    folder = tmp_path / "models" / "mean"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Mean."""\n', encoding="utf-8")
    (folder / "settings.py").write_text(
        "from dataclasses import dataclass\n\n"
        f"from models.settings import Count, Positive\n\n\n{settings}",
        encoding="utf-8",
    )
    method, learner = rest
    imports = "from models.mean.settings import MeanSettings\n"
    (folder / "method.py").write_text(
        f"from models.method import MethodInfo\n{imports}{method}", encoding="utf-8"
    )
    (folder / "learner.py").write_text(head + imports + learner, encoding="utf-8")
    config = {**CONFIG, "methods": {"mine": {"model": "mean", "settings": {"hidden_dim": 8}}}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "check-method", "mine"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("mine (mean): ")


def split(code):
    """The module of the page as what it imports, its settings, and METHOD with the learner."""
    start = code.index("@dataclass")
    middle = code.index("METHOD = ")
    end = code.index("class MeanOfModalities")
    return code[:start], code[start:middle], (code[middle:end], code[end:])
