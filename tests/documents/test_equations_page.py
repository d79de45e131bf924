"""docs/equations.md: every equation has a row; every line and setting that it names exists."""

import ast
import re
from dataclasses import fields

import pytest

from models.iteacnet.settings import IteacnetSettings
from tests.documents.pages import ROOT

PAGE = (ROOT / "docs" / "equations.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!paper )(.+) \|$", PAGE, re.M)
LINES = sorted(set(re.findall(r"`([\w/]+\.py):([\w.]+)`", PAGE)))
SETTINGS = sorted(set(re.findall(r"`([a-z_.]+)`", " ".join(row.split(" | ")[-1] for row in ROWS))))
N_EQUATIONS = 15


def definitions(body: list[ast.stmt], within: str = "") -> set[str]:
    """Names of functions and classes, methods as `Class.method`."""
    found = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(within + node.name)
        if isinstance(node, ast.ClassDef):
            found |= definitions(node.body, f"{node.name}.")
    return found


@pytest.mark.parametrize(("path", "name"), LINES)
def test_a_named_line_exists(path, name):
    assert name in definitions(ast.parse((ROOT / path).read_text(encoding="utf-8")).body)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_named_setting_exists(setting):
    value = IteacnetSettings()
    for name in setting.split("."):
        assert name in {field.name for field in fields(value)}
        value = getattr(value, name)


def test_every_equation_has_a_row():
    firsts = " ".join(row.split(" | ")[0] for row in ROWS)
    spelled = re.findall(r"Eq\. ([\d, ]+)", firsts)
    named = {int(number) for numbers in spelled for number in numbers.split(",") if number.strip()}
    assert named == set(range(1, N_EQUATIONS + 1))


def test_every_row_names_both_forms():
    forms = [re.findall(r"`([\w/]+)/[\w]+\.py:", row) for row in ROWS if row.startswith("Eq.")]
    assert forms
    assert all("models/plain" in form and "models/iteacnet" in form for form in forms)
