"""A reader is one module outside the tree: the one of the page reads its corpus."""

import pytest

from pipeline.base.errors import SettingsError
from pipeline.config.corpora import CorpusSettings
from pipeline.config.settings import parse_section
from pipeline.corpora.fingerprint import fingerprint
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.readers import read_corpus, which_face
from tests.documents.pages import templates

CODE = templates()["reader"]
TABLE = """clip,call,speaker,words,mood
a1,a,Ann,Who is there?,afraid
a2,a,Bob,It is me!,glad
b1,b,Ann,Hello,glad
../b,b,Bob,Hi,glad
"""
FAULTS = {
    "no tree": ("TREE = ", "THREE = ", r"has no `TREE = str\(...\)`"),
    "no read": ("def read(", "def ready(", r"has no `read\(root, settings\)`"),
    "no files": ("def files(", "def filed(", r"has no `files\(settings\)`"),
    "no face": ('"track"', '"tracks"', "WHICH_FACE must be one of"),
}


@pytest.fixture
def calls(tmp_path):
    (tmp_path / "calls/clips").mkdir(parents=True)
    (tmp_path / "calls/calls.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path / "calls"


def settings_of(name, root):
    return parse_section({"reader": name, "root": str(root)}, CorpusSettings, where="corpora.mine")


def test_the_reader_of_the_page_reads_its_corpus(package, calls):
    name = package("calls", CODE)
    raw = read_corpus("mine", calls, settings_of(name, calls))
    assert [
        (utterance.utterance_id, utterance.dialogue_id, utterance.turn)
        for utterance in raw.utterances
    ] == [
        ("a1", "a", 0),
        ("a2", "a", 1),
        ("b1", "b", 0),
    ]
    assert raw.utterances[0].media == "clips/a1.wav"
    assert [annotation.value for annotation in raw.annotations] == ["afraid", "glad", "glad"]
    assert [drop.item for drop in raw.dropped] == ["../b (calls.csv line 5)"]
    assert which_face(name) == "track"


def test_a_wrong_folder_shows_the_tree_of_the_module(package, tmp_path):
    name = package("calls", CODE)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match=r"clips/a1\.wav  one clip per row"):
        read_corpus("mine", tmp_path / "empty", settings_of(name, tmp_path / "empty"))


def test_files_that_the_module_names_decide_when_it_reads_again(package, calls):
    settings = settings_of(package("calls", CODE), calls)
    first = fingerprint(settings)
    (calls / "notes.txt").write_text("not the reader's", encoding="utf-8")
    assert fingerprint(settings) == first
    (calls / "calls.csv").write_text(TABLE.replace("glad", "gladd"), encoding="utf-8")
    assert fingerprint(settings) != first


@pytest.mark.parametrize("fault", FAULTS)
def test_a_module_that_is_no_reader_is_refused_by_name(package, spoiled, calls, fault):
    name, said = spoiled(package, "calls", CODE, FAULTS[fault])
    with pytest.raises(SettingsError, match=said) as caught:
        settings_of(name, calls)
    assert f"corpora.mine.reader: {name}" in str(caught.value)


def test_an_unknown_name_is_refused_with_those_that_are_known(calls):
    with pytest.raises(SettingsError, match=r"'folder'.*or a module of yours.*mean 'mosei'"):
        settings_of("moseii", calls)
