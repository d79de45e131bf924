"""Code digests change with code that a module runs, and with nothing else.

A small first-party tree is written to a folder of the test and put in the place of ours.
"""

import subprocess
import sys

import pytest

from pipeline.base import provenance
from tests.pipeline.base.code_tree import digest


def test_imports_are_followed_everywhere_in_a_module(tree):
    assert provenance.closure("pipeline.stages.train") == {
        "pipeline",
        "pipeline.stages",
        "pipeline.stages.train",
        "pipeline.files",
        "models",
        "models.net",
        "models.layers",
    }


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pipeline/stages/train.py", '"""Stage."""', '"""Another docstring."""'),
        ("pipeline/files.py", '    """Write."""\n', ""),
        ("pipeline/files.py", "return x + 1", "return x + 1  # a comment"),
        ("pipeline/files.py", "return x + 1", "return (\n        x\n        + 1\n    )"),
        ("pipeline/files.py", '"""Files."""\n', '# comment\n\n\n"""Files."""\n'),
        ("models/layers.py", "WIDTH = 8", "WIDTH = 0x8"),
    ],
    ids=["docstring", "no docstring", "comment", "line breaks", "blank lines", "spelling"],
)
def test_what_does_not_run_does_not_count(tree, name, old, new):
    before = digest("pipeline.stages.train")
    assert old in (tree / name).read_text()
    (tree / name).write_text((tree / name).read_text().replace(old, new))
    assert digest("pipeline.stages.train") == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pipeline/stages/train.py", "write(1)", "write(2)"),
        ("pipeline/files.py", "x + 1", "x - 1"),
        ("pipeline/files.py", "def write(x)", "def write(x=0)"),
        ("models/net.py", "DEPTH = 3", "DEPTH = 3.0"),
        ("models/layers.py", "WIDTH = 8", "WIDTH = 9"),
        ("models/__init__.py", "", "FLAG = True\n"),
        ("pipeline/stages/__init__.py", "", "FLAG = True\n"),
    ],
)
def test_changed_code_counts_wherever_it_is_imported_from(tree, name, old, new):
    before = digest("pipeline.stages.train")
    (tree / name).write_text((tree / name).read_text().replace(old, new, 1))
    assert digest("pipeline.stages.train") != before


def test_modules_that_are_not_imported_do_not_count(tree):
    before = digest("pipeline.stages.train")
    (tree / "pipeline/other.py").write_text("VALUE = 2\n")
    (tree / "pipeline/unused.py").write_text("VALUE = 2\n")
    assert digest("pipeline.stages.train") == before
    assert digest("pipeline.stages.train", "pipeline.other") != before


@pytest.fixture
def reader(tree):
    """The tree with a module that reads a file and a folder beside it."""
    (tree / "models/net.py").write_text(
        "from pathlib import Path\n\n"
        'TABLE = Path(__file__).parent / "data" / "table.csv"\n'
        'PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))\n'
    )
    files = ("data/table.csv", "data/other.csv", "pages/a.html", "pages/deep/b.html", "pages/R.md")
    for name in files:
        path = tree / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1\n")
    return tree / "models"


@pytest.mark.parametrize("name", ["data/table.csv", "pages/a.html", "pages/deep/b.html"])
def test_files_that_a_module_names_beside_itself_count(reader, name):
    before = digest("pipeline.stages.train")
    (reader / name).write_text("2\n")
    assert digest("pipeline.stages.train") != before


@pytest.mark.parametrize("name", ["data/other.csv", "pages/R.md", "data.csv"])
def test_other_files_beside_it_do_not(reader, name):
    before = digest("pipeline.stages.train")
    (reader / name).write_text("2\n")
    assert digest("pipeline.stages.train") == before


def test_a_new_file_in_a_named_folder_counts(reader):
    before = digest("pipeline.stages.train")
    (reader / "pages/new.html").write_text("")
    assert digest("pipeline.stages.train") != before


def test_our_own_data_files_are_all_named_by_a_module():
    provenance.forget()
    modules = [
        ".".join(path.relative_to(provenance.ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (provenance.ROOT / "pipeline").rglob("*.py")
    ]
    ours = {
        path
        for path in (provenance.ROOT / "pipeline").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc", ".md", ".smk", ".sh")
    }
    assert ours
    assert ours == provenance.data_of(*modules)


def test_a_string_that_is_no_docstring_counts(tree):
    (tree / "models/layers.py").write_text('WIDTH = 8\nNAME = "a"\n')
    before = digest("models.layers")
    (tree / "models/layers.py").write_text('WIDTH = 8\nNAME = "b"\n')
    assert digest("models.layers") != before


def test_modules_that_change_places_count(tree):
    before = digest("pipeline.other", "models.layers")
    (tree / "pipeline/other.py").write_text("WIDTH = 8\n")
    (tree / "models/layers.py").write_text("VALUE = 1\n")
    assert digest("pipeline.other", "models.layers") != before


@pytest.mark.parametrize("name", ["pipeline.stages.trian", "pipeline.none.x"])
def test_a_misspelt_module_is_refused(tree, name):
    with pytest.raises(ModuleNotFoundError, match=name):
        digest("pipeline.stages.train", name)


def test_our_own_digest_is_the_same_in_another_process():
    provenance.forget()
    code = (
        "from pipeline.base.provenance import code_digest;"
        "print(code_digest('pipeline.base.tables'))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=provenance.ROOT,
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == provenance.code_digest("pipeline.base.tables")
