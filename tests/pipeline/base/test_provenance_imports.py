"""How an import is written does not count; what it names does."""

import pytest

from tests.pipeline.base.code_tree import digest

ORDERED = "from pipeline.files import write\nimport os\n"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (
            "pipeline/stages/train.py",
            "import os\n\nfrom pipeline.files import write\n",
            ORDERED,
        ),
        ("models/net.py", "import models.layers as layers", "import models.layers as wide"),
        ("models/net.py", "import models.layers as layers", "from models import layers"),
    ],
    ids=["order", "name here", "form"],
)
def test_how_an_import_is_written_does_not_count(tree, name, old, new):
    before = digest("pipeline.stages.train")
    assert old in (tree / name).read_text()
    (tree / name).write_text((tree / name).read_text().replace(old, new))
    assert digest("pipeline.stages.train") == before


def test_order_of_imports_counts_where_a_later_one_replaces_an_earlier(tree):
    rows = ["from models.layers import WIDTH\n", "from pipeline.other import VALUE as WIDTH\n"]
    (tree / "models/net.py").write_text("".join(rows))
    before = digest("models.net")
    (tree / "models/net.py").write_text("".join(reversed(rows)))
    assert digest("models.net") != before


def test_a_module_and_something_else_of_its_name_are_not_mistaken(tree):
    """`layers` is the argument in one function and the module in the other."""
    (tree / "models/net.py").write_text(
        "from models import layers\n\n\ndef f(layers):\n    return layers.WIDTH\n"
    )
    before = digest("models.net")
    (tree / "models/net.py").write_text(
        "from models import layers as it\n\n\ndef f(layers):\n    return it.WIDTH\n"
    )
    assert digest("models.net") != before


def test_what_is_imported_counts_by_its_name_there(tree):
    (tree / "models/layers.py").write_text("WIDTH = 8\nDEPTH = 8\n")
    (tree / "models/net.py").write_text("from models.layers import WIDTH as n\n")
    before = digest("models.net")
    (tree / "models/net.py").write_text("from models.layers import DEPTH as n\n")
    assert digest("models.net") != before


@pytest.mark.parametrize(
    "source",
    [
        "import models.layers\n\nWIDTH = models.layers.WIDTH\n",
        "def f():\n    import models.layers\n\n    return models.layers.WIDTH\n",
        "try:\n    import os, models.layers\nexcept ImportError:\n    pass\n",
        "from models.layers import *\n",
    ],
    ids=["plain", "in a function", "tried", "all names"],
)
def test_an_edit_of_what_is_imported_counts_however_it_is_imported(tree, source):
    (tree / "models/net.py").write_text(source)
    before = digest("models.net")
    layers = tree / "models/layers.py"
    layers.write_text(f"{layers.read_text()}MORE = 1\n")
    assert digest("models.net") != before
