"""Modules that import each other: one digest for each, whoever is asked first."""

import re

import pytest

from pipeline.base import provenance
from tests.pipeline.base.code_tree import digest

CIRCLE = {
    "models/a.py": "from models import b\n\nONE = 1\n",
    "models/b.py": "def f():\n    from models.c import g\n\n    return g\n",
    "models/c.py": (
        "import models.a as a\nfrom models.layers import WIDTH\n\n\ndef g():\n    return a\n"
    ),
}


@pytest.fixture
def circle(tree):
    for name, text in CIRCLE.items():
        (tree / name).write_text(text)
    (tree / "models/net.py").write_text("import models.b as b\n")
    return tree


def digests(names="abc"):
    provenance.forget()
    return {name: provenance.code_digest(f"models.{name}") for name in names}


def test_modules_that_import_each_other_have_digests_whoever_is_asked_first(circle):
    assert provenance.closure("models.a") == {
        "models", "models.a", "models.b", "models.c", "models.layers",
    }  # fmt: skip
    assert digests("abc") == digests("cba") == digests("bca")
    assert len(set(digests().values())) == 3


@pytest.mark.parametrize("name", ["a", "b", "c", "layers"])
def test_an_edit_in_a_circle_counts_for_all_of_it_and_its_users(circle, name):
    before = {
        **digests(),
        "train": digest("pipeline.stages.train"),
        "other": digest("pipeline.other"),
    }
    with (circle / f"models/{name}.py").open("a") as stream:
        stream.write("MORE = 1\n")
    after = {
        **digests(),
        "train": digest("pipeline.stages.train"),
        "other": digest("pipeline.other"),
    }
    assert [key for key in before if before[key] == after[key]] == ["other"]


def test_members_of_a_circle_are_told_apart(circle):
    """`net` imports one or the other: names differ, and so do contents."""
    before = digest("models.net")
    (circle / "models/net.py").write_text("import models.c as b\n")
    assert digest("models.net") != before


def test_a_circle_may_be_renamed(circle):
    before = digests(["net"])
    for name in CIRCLE:
        (circle / name).rename(circle / name.replace("models/", "pipeline/new_"))
    for path in circle.rglob("*.py"):
        text = path.read_text()
        for name in "abc":
            text = re.sub(rf"\bmodels\.{name}\b", f"pipeline.new_{name}", text)
            text = text.replace(f"from models import {name}", f"from pipeline import new_{name}")
        path.write_text(text)
    assert digests(["net"]) == before
