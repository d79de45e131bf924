"""Files that attack, sent through a whole stage: refused with the name of what is wrong, never run.

What the readers refuse one by one is tested beside them; here is the way from the command line.
"""

import pickle
import zipfile

import numpy as np
import pytest

from pipeline.corpora.imports.imported import ImportFormatError
from pipeline.corpora.imports.npz import read
from tests.pipeline import tiny_models


class Payload:
    """Unpickled, it leaves a file behind."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return open, (self.mark, "w")


def test_a_link_out_of_the_corpus_is_not_heard(extraction, write_wav, row, tmp_path):
    write_wav(tmp_path / "private.wav", 16_000)
    (extraction.root / "linked.wav").symlink_to(tmp_path / "private.wav")
    extraction.rows = [row("linked", media="linked.wav")]
    with pytest.raises(SystemExit, match="lies outside"):
        extraction.run("audio", "moonshine-tiny")


def test_a_playlist_posing_as_sound_reads_no_other_file(extraction, write_wav, row):
    write_wav(extraction.root / "private.wav", 16_000)
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nprivate.wav\n#EXT-X-ENDLIST\n"
    (extraction.root / "talk.wav").write_text(playlist)
    (extraction.root / "list.wav").write_text("ffconcat version 1.0\nfile private.wav\n")
    extraction.rows = [row("hls", media="talk.wav"), row("concat", media="list.wav")]
    store = extraction.run("audio", "moonshine-tiny")
    assert extraction.statuses(store) == ["unreadable", "unreadable"]
    assert not store.features.any()


def test_a_pickle_posing_as_safetensors_is_refused_and_not_run(extraction, row, tmp_path):
    (tmp_path / "model").mkdir()
    model = tiny_models.save_deberta(tmp_path / "model")
    mark = tmp_path / "ran"
    (model / "model.safetensors").write_bytes(pickle.dumps(Payload(mark)))
    extraction.rows = [row("u")]
    with pytest.raises(SystemExit, match="model"):
        extraction.run("text", f"hf:{model}")
    assert not mark.exists()


def test_a_payload_in_an_npz_is_refused_and_not_run(tmp_path):
    mark = tmp_path / "ran"
    np.savez(tmp_path / "features.npz", audio=np.array([Payload(mark)], dtype=object))
    with pytest.raises(ImportFormatError, match="not objects"):
        read(tmp_path / "features.npz", {"audio": "audio"})
    assert not mark.exists()


def test_a_member_outside_of_an_npz_is_written_nowhere(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    np.save(inner / "audio.npy", np.zeros((1, 2), np.float32))
    with zipfile.ZipFile(inner / "features.npz", "w") as archive:
        archive.write(inner / "audio.npy", "../audio.npy")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ImportFormatError):
        read(inner / "features.npz", {"audio": "audio"})
    assert sorted(tmp_path.rglob("*")) == before
