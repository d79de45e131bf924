"""Every command of README and docs is run by a test or by CI, or a reason says why it is not.

commands.csv: the command as it stands in a console block, and beside it `FILE` or `FILE::TEST`
that runs it, or `not run: REASON`. What a file cannot be asked is checked here: targets of make,
modules, and configurations exist.
"""

import csv
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.documents.pages import PAGES, ROOT, commands

TABLE = Path(__file__).with_name("commands.csv")
ALL = sorted({command for page in PAGES for command in commands(page)})
MADE_BY_READERS = {"configs/mine.yaml"}  # docs/corpus.md has its content (test_examples.py)


def known() -> dict[str, str]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["command"]: row["run by"] for row in csv.DictReader(file)}


def test_the_table_has_each_command_and_no_other():
    assert sorted(known()) == ALL


@pytest.mark.parametrize(("command", "run_by"), known().items())
def test_what_runs_the_command_is_there(command, run_by):
    if run_by.startswith("not run: "):
        assert len(run_by) > len("not run: ") + 10
        return
    file, _, test = run_by.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {test}(" in text if test else command in text


@pytest.mark.parametrize("command", ALL)
def test_what_the_command_names_is_there(command):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z][a-z-]*)", command):
        assert re.search(rf"^{target}:", makefile, re.M)
    for module in re.findall(r"python -m ((?:pipeline|benchmarks|tests)[\w.]*)", command):
        assert find_spec(module)
    for config in re.findall(r"\bconfigs/\w+\.yaml", command):
        assert (ROOT / config).is_file() or config in MADE_BY_READERS
