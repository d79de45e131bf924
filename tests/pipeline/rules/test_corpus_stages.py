"""What decides the stages of a corpus: what lies in it, not where it lies, and its own reader."""

import pytest

from pipeline.base import libraries


def test_where_a_corpus_lies_decides_nothing(decisions, talks, tmp_path):
    before = decisions().key("build_manifest", {"corpus": "talks"})
    talks.rename(tmp_path / "moved")
    moved = {"talks": {"reader": "folder", "root": str(tmp_path / "moved")}}
    assert decisions(corpora=moved).key("build_manifest", {"corpus": "talks"}) == before
    (tmp_path / "moved/a.mp4").write_bytes(b"a")  # but what lies there does
    assert decisions(corpora=moved).key("build_manifest", {"corpus": "talks"}) != before


def test_a_reader_is_decided_by_its_own_module(decisions):
    modules = decisions().modules("build_manifest", {"corpus": "talks"})
    assert modules == ("pipeline.stages.build_manifest", "pipeline.corpora.folder")


@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_what_another_process_reads_decides_too(decisions, tmp_path, kind):
    """Parquet is read by a module that no stage imports."""
    given = {"format": kind, "path": "a", "arrays": {"audio": "a"}}
    corpora = {"talks": {"reader": "import", "root": str(tmp_path), "import": given}}
    modules = decisions(corpora=corpora).modules("import_features", {"corpus": "talks"})
    assert ("pipeline.corpora.imports.parquet_reading" in modules) == (kind == "parquet")


@pytest.mark.parametrize("rule", ["find_speech", "tell_speakers", "transcribe"])
@pytest.mark.parametrize(("library", "counts"), [("onnxruntime", True), ("transformers", False)])
def test_another_version_of_what_computes_speech_finds_it_anew(
    decisions, talks, monkeypatch, rule, library, counts
):
    (talks / "utterances.csv").unlink(missing_ok=True)
    (talks / "a.mp4").write_bytes(b"a")
    wildcards = {"corpus": "talks", "clip": "a"}

    def key():
        libraries._version.cache_clear()
        return decisions(speech={}).key(rule, wildcards)

    before, installed = key(), libraries.version
    monkeypatch.setattr(
        libraries, "version", lambda name: "0.0.1" if name == library else installed(name)
    )
    assert (key() != before) == counts
    libraries._version.cache_clear()
