"""The small project, with the present folder in it."""

import json

import pytest

from pipeline.base.records import Utterance
from pipeline.base.tables import write_rows
from tests.pipeline.tools.cache.small_project import CONFIG, MEDIA, UTTERANCES, fill, save


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in which every record that is asked for is in the cache, and no other."""
    monkeypatch.chdir(tmp_path)
    save(CONFIG)
    for name in ("speech", "words", "pictures"):
        folder = tmp_path / "weights" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(name)
        (folder / "model.safetensors").write_text(name)
    write_rows(tmp_path / "build/talks/manifest/0.csv", UTTERANCES, Utterance)
    (tmp_path / "build/talks/manifest/0.json").write_text(json.dumps(MEDIA))
    (tmp_path / "talks").mkdir()
    fill(tmp_path)
    return tmp_path
