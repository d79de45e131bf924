"""An encoder or a reader in this tree is one new file and at most two edited lines.

Shown in a copy of the tree. A method is one folder: tests/pipeline/tools/test_check_method.py.
"""

import os
import shutil
import subprocess
import sys

import pytest

from tests.documents.pages import ROOT, templates

EXTRACTOR = '''
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.driver import Overlapped


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The number of letters and of words."""

    def read(items):
        for item in items:
            yield item, item.utterance.text

    def embed(text):
        return np.array([len(text), len(text.split())], np.float32)

    return Overlapped(2, read, embed)
'''
ENCODER = """    _text(
        name="lengths",
        module=f"{ENCODERS}.lengths",
        source="https://example.org",
        file_name="lengths.txt",
    ),
"""
ENCODE = """
from pathlib import Path
from pipeline.base.records import Utterance
from pipeline.config.features import TextSettings
from pipeline.config.settings import dump
from pipeline.features.cache.extractor import Item
from pipeline.features.extraction import EncoderChoice
from pipeline.features.weights.locating import locate_weights
settings = dump(TextSettings(encoder="lengths"))
choice = EncoderChoice("text", settings, locate_weights("text", settings, Path("cache")), "cpu")
item = Item(Utterance("u", "d", 0, "", "", "", 0, 1, "full", "one two"))
print([one.vector.tolist() for one in choice.build().encode([item])])
"""
READ = """
from pathlib import Path
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.readers import read_corpus
raw = read_corpus("mine", Path("corpus"), CorpusSettings(reader="calls", root="corpus"))
print([one.text for one in raw.utterances])
"""


@pytest.fixture
def tree(tmp_path):
    """A copy of our modules, and edit(file, before, after) of one line that stands there once."""
    for name in ("models", "pipeline"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.pyc"))

    def edit(file, before, after):
        text = (tmp_path / file).read_text(encoding="utf-8")
        assert text.count(before) == 1
        (tmp_path / file).write_text(text.replace(before, after), encoding="utf-8")

    return tmp_path, edit


def run(folder, script):
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_encoder_is_a_file_and_two_lines(tree):
    folder, edit = tree
    (folder / "pipeline/features/encoders/lengths.py").write_text(EXTRACTOR, encoding="utf-8")
    edit("pipeline/config/features.py", 'TEXT_ENCODERS = ("', 'TEXT_ENCODERS = ("lengths", "')
    edit("pipeline/features/weights/catalogue.py", "...] = (\n", f"...] = (\n{ENCODER}")
    (folder / "weights").mkdir()
    (folder / "weights/lengths.txt").write_text("none", encoding="utf-8")
    assert run(folder, ENCODE) == "[[7.0, 2.0]]"


def test_a_reader_is_a_file_and_a_line(tree):
    folder, edit = tree
    (folder / "pipeline/corpora/calls.py").write_text(templates()["reader"], encoding="utf-8")
    edit("pipeline/config/corpora.py", 'ReaderName = Literal["', 'ReaderName = Literal["calls", "')
    (folder / "corpus").mkdir()
    table = "clip,call,speaker,words,mood\na1,a,Ann,Who is there?,afraid\n"
    (folder / "corpus/calls.csv").write_text(table, encoding="utf-8")
    assert run(folder, READ) == "['Who is there?']"
