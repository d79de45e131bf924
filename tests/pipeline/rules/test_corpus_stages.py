"""What decides the stages of a corpus: what lies in it, not where it lies, and its own reader."""


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
