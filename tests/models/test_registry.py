"""Which methods there are: folders of this repository, and modules of others that hold enough."""

import pytest

from models.own_modules import OwnModuleError
from models.registry import find_method, learner_module, method_module, our_methods
from tests.modules import ROOT

OWN = """
from dataclasses import dataclass
from models.method import MethodInfo

@dataclass(frozen=True)
class Settings:
    width: int{default}

METHOD = MethodInfo("mine", "a network of mine", "me", Settings)
"""
BUILD = "def build(settings, shape): ..."


@pytest.fixture
def own(tmp_path, monkeypatch):
    """own(text): the name of a package of that one module, on Python's path."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        package = f"of_{tmp_path.name}"  # a module is imported once
        (tmp_path / package).mkdir()
        (tmp_path / package / "mine.py").write_text(text)
        return f"{package}.mine"

    return write


def test_a_method_is_a_folder_with_its_facts():
    folders = {path.parent.name for path in (ROOT / "models").glob("*/method.py")}
    assert set(our_methods()) == folders
    assert {"encoders", "fast", "plain"}.isdisjoint(folders)


def test_they_stand_as_in_the_papers_table_5():
    """Table 3 from below; what the paper does not have comes last, by name."""
    paper = ("iteacnet", "gcnet", "mmin", "cra", "ae", "cpmnet")
    in_paper = [name for name in our_methods() if find_method(name).paper_row is not None]
    assert our_methods()[: len(in_paper)] == tuple(in_paper)
    assert sorted(in_paper) == sorted(paper)
    assert in_paper[0] == "iteacnet"
    others = our_methods()[len(in_paper) :]
    assert list(others) == sorted(others)


def test_an_unknown_name_is_told_with_those_that_there_are():
    with pytest.raises(OwnModuleError, match=r"no method 'gcn': use one of .*gcnet.*module of"):
        find_method("gcn")
    for folder in ("fast", "encoders", "plain"):
        with pytest.raises(OwnModuleError, match="no method"):
            find_method(folder)


def test_ours_lie_in_their_folders_and_anothers_is_one_module():
    assert method_module("gru") == "models.gru.method"
    assert learner_module("gru") == "models.gru.learner"
    assert method_module("lab.mine") == learner_module("lab.mine") == "lab.mine"


def test_a_module_of_somebody_else_is_found_by_its_name(own):
    found = find_method(own(OWN.format(default=" = 3") + BUILD))
    assert (found.label, found.settings().width) == ("mine", 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no `METHOD = MethodInfo"),
        ("METHOD = 3\n" + BUILD, "has no `METHOD = MethodInfo"),
        (OWN.format(default=" = 3"), r"has no `build\(settings, shape\)`"),
        (OWN.format(default="") + BUILD, "width of its settings need a default"),
        (
            OWN.format(default=" = 3").replace("(frozen=True)", "") + BUILD,
            "settings must be a frozen dataclass",
        ),
        ("import nowhere_at_all", "it imports 'nowhere_at_all', which is not installed"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_what_a_module_lacks_is_named(own, text, said):
    with pytest.raises(OwnModuleError, match=said):
        find_method(own(text))
