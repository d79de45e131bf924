"""The small tree that digests are taken of."""

import pytest

from pipeline.base import provenance
from tests.pipeline.base.code_tree import TREE


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    provenance.forget()
    yield tmp_path
    provenance.forget()
