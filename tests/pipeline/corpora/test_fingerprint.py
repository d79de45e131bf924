"""The fingerprint changes when a file that is read changes, and only then."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from pipeline.base.provenance import ROOT
from pipeline.corpora.fingerprint import fingerprint


@pytest.fixture
def corpus(tmp_path, write_iemocap):
    turns = [("Ses01F_impro01_F000", "neu", "Hi.")]
    return write_iemocap(tmp_path / "iemocap", {"Ses01F_impro01": turns})


@pytest.fixture
def taken(corpus, settings):
    def do(root=corpus, **values):
        return fingerprint(settings("iemocap", **values).model_copy(update={"root": str(root)}))

    return do


def test_nothing_changed_means_the_same(corpus, taken):
    before = taken()
    assert taken() == before
    (corpus / "notes.txt").write_text("not read")
    (corpus / "Session1/dialog/EmoEvaluation/._Ses01F_impro01.txt").write_text("not read")
    (corpus / "Session1/sentences/wav").mkdir(parents=True)
    (corpus / "Session1/sentences/wav/x.wav").write_text("not read")
    assert taken() == before


def test_moving_or_copying_the_folder_changes_nothing(corpus, taken, tmp_path):
    before = taken()
    moved = corpus.rename(tmp_path / "elsewhere")
    assert taken(moved) == before
    assert taken(shutil.copytree(moved, tmp_path / "copy")) == before  # keeps times, as rsync -a


@pytest.mark.parametrize(
    "name",
    [
        "EmoEvaluation/Ses01F_impro01.txt",
        "transcriptions/Ses01F_impro01.txt",
        "avi/DivX/Ses01F_impro01.avi",
    ],
)
def test_every_file_that_is_read_counts(corpus, taken, name):
    path = corpus / "Session1/dialog" / name
    seen = {taken()}
    with path.open("ab") as stream:
        stream.write(b"more")
    seen.add(taken())
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))  # same size, changed in place
    seen.add(taken())
    path.rename(path.with_name(path.name.replace("impro01", "impro02")))
    seen.add(taken())
    assert len(seen) == 4


def test_a_folder_that_is_not_there_has_one_too(taken, tmp_path):
    assert taken(tmp_path / "gone") == taken(tmp_path / "gone too")
    assert taken(tmp_path / "gone") != taken()


def test_labels_that_config_names_count_wherever_they_lie(tmp_path, write_mosi, settings, write):
    root = write_mosi(tmp_path / "mosi", {"03bSnISJMiM_1": "1"})
    labels = write(tmp_path / "labels.csv", "utterance_id,sentiment\n")
    chosen = settings("mosi", labels=str(labels)).model_copy(update={"root": str(root)})
    before = fingerprint(chosen)
    labels.write_text("utterance_id,sentiment\n03bSnISJMiM_1,1\n")
    assert fingerprint(chosen) != before


def test_only_the_copies_that_are_decoded_count(tmp_path, write_mosi, settings, write):
    root = write_mosi(tmp_path / "mosi", {"03bSnISJMiM_1": "1"})
    full = settings("mosi", videos="full").model_copy(update={"root": str(root)})
    before = fingerprint(full)
    write(root / "Raw/Video/Segmented/03bSnISJMiM_1.mp4", b"changed")
    assert fingerprint(full) == before
    write(root / "Raw/Video/Full/03bSnISJMiM.mp4", b"added")
    assert fingerprint(full) != before


def exchanged(path, content):
    """Write other content of the same size, with the same time of modification."""
    state = path.stat()
    assert len(content) == state.st_size
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.fixture
def vectors(tmp_path, settings, write):
    """A folder of vectors that may be hidden, and its fingerprint."""
    write(tmp_path / "[t].csv", "utterance_id,dialogue_id,turn\nu,d,0\nv,d,1\n")
    for name in ("wav/u.npy", ".hid/u.npy", ".hid/v/0.npy", "wav/other.npy"):
        write(tmp_path / name, b"11")
    source = {
        "format": "npy_folder", "path": "[t].csv", "arrays": {"audio": "wav", "visual": ".hid"}
    }  # fmt: skip
    chosen = settings("import", **{"import": source}).model_copy(update={"root": str(tmp_path)})
    return lambda: fingerprint(chosen)


@pytest.mark.parametrize("name", ["wav/u.npy", ".hid/u.npy", ".hid/v/0.npy"])
def test_every_vector_that_is_read_counts_by_its_content(vectors, tmp_path, name):
    before = vectors()
    exchanged(tmp_path / name, b"22")
    assert vectors() != before


def test_vectors_that_are_not_read_do_not_count(vectors, tmp_path, write):
    before = vectors()
    exchanged(tmp_path / "wav/other.npy", b"22")
    write(tmp_path / "wav/._u.npy", b"of macOS")
    assert vectors() == before


def test_the_table_of_vectors_counts_whatever_its_name(vectors, tmp_path):
    before = vectors()
    exchanged(tmp_path / "[t].csv", b"utterance_id,dialogue_id,turn\nu,d,0\nv,d,2\n")
    assert vectors() != before


def test_a_large_archive_counts_by_its_last_change(tmp_path, settings, monkeypatch):
    monkeypatch.setattr("pipeline.corpora.fingerprint.BY_CONTENT_BYTES", 1)
    path = tmp_path / "all.npz"
    path.write_bytes(b"11")
    source = {"format": "npz", "path": "all.npz"}
    chosen = settings("import", **{"import": source}).model_copy(update={"root": str(tmp_path)})
    before = fingerprint(chosen)
    assert fingerprint(chosen) == before
    exchanged(path, b"22")
    assert fingerprint(chosen) != before


@pytest.mark.parametrize("table", ["utterances.csv", ".hidden.csv", "odd[1].csv"])
@pytest.mark.parametrize("media", ["a.mp4", ".hidden/a.mp4", "linked/a.mp4"])
def test_what_a_table_names_counts_wherever_it_lies(tmp_path, settings, write, table, media):
    root = tmp_path / "corpus"
    write(root / ".store/a.mp4", b"1")
    (root / "linked").symlink_to(root / ".store", target_is_directory=True)
    if not media.startswith("linked"):
        write(root / media, b"1")
    content = f"utterance_id,dialogue_id,media\nu,d,{media}\n"
    write(root / table, content)
    chosen = settings("folder", utterances=table).model_copy(update={"root": str(root)})
    seen = {fingerprint(chosen)}
    (root / media).write_bytes(b"22")
    seen.add(fingerprint(chosen))
    exchanged(root / table, content.replace("u,d", "v,e").encode())
    seen.add(fingerprint(chosen))
    assert len(seen) == 3


def test_planning_imports_nothing_heavy():
    code = (
        "import sys; from pipeline.corpora.fingerprint import fingerprint\n"
        "from pipeline.corpora.readers import READERS, reader\n"
        "[reader(name) for name in READERS]\n"
        "print([m for m in ('pandas', 'torch', 'h5py', 'numpy', 'av') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_thousands_of_files_cost_a_fraction_of_a_second(tmp_path, write, settings):
    (tmp_path / "Raw/v").mkdir(parents=True)
    for k in range(1000):
        (tmp_path / f"Raw/v/{k}.mp4").touch()
    start_s = time.perf_counter()
    fingerprint(settings("mmsa").model_copy(update={"root": str(tmp_path)}))
    assert time.perf_counter() - start_s < 1.0
