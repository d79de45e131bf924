"""A small corpus, and configurations that name it."""

import json

import pytest

from tests.pipeline.tools.doctoring import TABLE, write_sound


@pytest.fixture
def corpus(tmp_path):
    root = tmp_path / "corpus"
    root.mkdir()
    (root / "utterances.csv").write_text(TABLE + "u3,d,../b.mp4,sad,test\n")
    write_sound(root / "a.mp4")
    return root


@pytest.fixture
def configfile(tmp_path, corpus):
    """Write a configuration with one corpus."""

    def do(**values):
        settings = {"reader": "folder", "root": str(corpus)}
        config = {"cache": str(tmp_path / "cache"), "corpora": {"mine": settings}, **values}
        path = tmp_path / "config.yaml"
        path.write_text(json.dumps(config))  # JSON is YAML
        return str(path)

    return do
