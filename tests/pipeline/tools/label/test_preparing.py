"""From SOURCE to a corpus: what is prepared already stays as it is, presets are checked."""

import pytest

from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.preparing import Wanted, needed, prepared
from pipeline.tools.label.trained import read_run
from tests.workflow.driver import ROOT


def test_a_corpus_of_the_workflow_is_taken_as_it_is(corpus, tmp_path):
    folder = corpus.write()
    found = prepared(folder, tmp_path / "out", Wanted(tmp_path / "none.yaml", (), tmp_path, None))
    assert (found.folder, found.videos) == (folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_preset_of_another_reader_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    asked = Wanted(ROOT / "configs/mosi.yaml", (), tmp_path, None)
    with pytest.raises(LabelError, match="with one corpus, of `reader: folder`"):
        prepared(tmp_path / "a.wav", tmp_path / "out", asked)


def test_each_manifest_is_asked_for_so_that_more_shards_do_not_go_unnoticed(trained):
    """Snakemake takes a rule for done where a file is missing that nobody asks for."""
    run = read_run(trained("ae")[1])
    asked = [*needed(2, [run])]
    assert {"manifest/0.csv", "manifest/1.csv", "features/text.safetensors"} < {*asked}
    assert not any(name.startswith("faces") for name in asked)
    assert {"faces/0.csv", "faces/1.csv"} < {*needed(2, [])}
