"""One way to call every reader; errors that name what was expected, what is there, and the key."""

import os
import subprocess
import sys

import pytest

from pipeline.base.provenance import ROOT
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.readers import READERS, read_corpus, reader, which_face


def test_faces_are_chosen_as_each_corpus_needs():
    assert {name: which_face(name) for name in READERS} == {
        "iemocap": "side",
        "mosi": "single",
        "mosei": "single",
        "mmsa": "single",
        "meld": "speaker",
        "folder": "speaker",
    }


@pytest.mark.parametrize("name", READERS)
def test_missing_root_names_tree_and_key(tmp_path, settings, name):
    with pytest.raises(CorpusError) as caught:
        read_corpus("mine", tmp_path / "a/b", settings(name))
    message = str(caught.value)
    assert message.startswith("mine: there is no such folder\n")
    assert f"{tmp_path} is the last folder of this path that exists" in message
    assert reader(name).TREE in message
    assert "`corpora.mine.root`" in message


@pytest.mark.parametrize("name", READERS)
def test_wrong_folder_names_what_is_there(tmp_path, settings, write, name):
    write(tmp_path / "holiday/beach.jpg")
    write(tmp_path / "readme.md")
    with pytest.raises(CorpusError) as caught:
        read_corpus("mine", tmp_path, settings(name))
    assert "there is: holiday/, readme.md\n" in str(caught.value)
    assert reader(name).TREE in str(caught.value)


def test_parent_of_the_corpus_shows_its_child(tmp_path, settings, write_iemocap):
    turns = [("Ses01F_impro01_F000", "neu", "Hi.")]
    write_iemocap(tmp_path / "IEMOCAP_full_release", {"Ses01F_impro01": turns})
    with pytest.raises(CorpusError, match="there is: IEMOCAP_full_release/\n"):
        read_corpus("mine", tmp_path, settings("iemocap"))


def test_corpus_whose_items_were_all_dropped_says_why(tmp_path, settings, write):
    write(tmp_path / "utterances.csv", "utterance_id,dialogue_id,media\nu,d,../a.mp4\n")
    with pytest.raises(
        CorpusError,
        match=r"no utterance found \(1 item dropped; 1 x media leaves .*, first: u .*leaves",
    ):
        read_corpus("mine", tmp_path, settings("folder"))


def test_same_folder_gives_the_same_rows_in_every_process(tmp_path, write_iemocap, write):
    turns = [("Ses01F_impro01_F000", "neu", "Hi."), ("Ses01F_impro01_M000", "sad", "No.")]
    write_iemocap(tmp_path, {"Ses01F_impro01": turns})
    for k in range(20):
        write(tmp_path / f"Session2/dialog/transcriptions/Ses02F_impro{k}.txt")
    code = (
        "from pathlib import Path; from pipeline.corpora.readers import read_corpus\n"
        "from pipeline.config.corpora import CorpusSettings\n"
        "settings = CorpusSettings(reader='iemocap', root='unused')\n"
        f"raw = read_corpus('x', Path({str(tmp_path)!r}), settings)\n"
        "print(raw, raw.counts)"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(printed) == 1


def test_imports_are_no_raw_corpus():
    with pytest.raises(CorpusError, match="no reader 'import' for raw corpora"):
        reader("import")
