"""The fingerprint changes when a file that is read changes, and only then."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from pipeline.corpora.fingerprint import fingerprint
from pipeline.provenance import ROOT


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


def test_imported_features_count_as_file_or_folder(tmp_path, settings, write):
    def of(path):
        imported = {"format": "npy_folder", "path": path}
        return fingerprint(
            settings("import", **{"import": imported}).model_copy(update={"root": str(tmp_path)})
        )

    write(tmp_path / "folder/deep/a.npy", b"1")
    write(tmp_path / "all.npz", b"1")
    before = of("folder"), of("all.npz")
    write(tmp_path / "folder/deep/b.npy", b"1")
    assert of("folder") != before[0]
    write(tmp_path / "all.npz", b"22")
    assert of("all.npz") != before[1]


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
