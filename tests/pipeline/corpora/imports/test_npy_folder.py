"""Importing GCNet's folders of .npy: flat files, frames, and the speaker's own face."""

import numpy as np
import pytest

from pipeline.base.files import UnsafePathError
from pipeline.corpora.imports.imported import ImportFormatError
from pipeline.corpora.imports.npy_folder import read
from pipeline.corpora.raw import CorpusError

TABLE = (
    "utterance_id,dialogue_id,turn,speaker,text,emotion\nd_F0,d,0,F,hello,hap\nd_M0,d,1,M,bye,\n"
)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "utterances.csv").write_text("\ufeff" + TABLE)  # as spreadsheets write it
    (tmp_path / "audio").mkdir()
    np.save(tmp_path / "audio" / "d_F0.npy", np.array([1.0, 2.0]))
    np.save(tmp_path / "audio" / "d_M0.npy", np.zeros((0, 2)))
    for utterance, value in (("d_F0", 1.0), ("d_M0", 3.0)):
        folder = tmp_path / "faces" / utterance
        folder.mkdir(parents=True)
        np.save(folder / "compress_F.npy", np.full(4, value))
        np.save(folder / "compress_M.npy", np.full(4, value + 1))
    return tmp_path


def test_each_utterance_takes_its_own_speakers_face(root):
    imported = read(root, {"visual": "faces"}, "utterances.csv")
    assert [v.tolist()[0] for v in imported.vectors["visual"]] == [1.0, 4.0]


def test_an_empty_sequence_is_missing(root):
    imported = read(root, {"audio": "audio"}, "utterances.csv")
    assert imported.vectors["audio"][0].tolist() == [1.0, 2.0]
    assert imported.vectors["audio"][1] is None


def test_only_filled_cells_become_annotations(root):
    imported = read(root, {"audio": "audio"}, "utterances.csv")
    assert [(a.utterance_id, a.name, a.value) for a in imported.annotations] == [
        ("d_F0", "emotion", "hap")
    ]


def test_frames_of_a_folder_are_averaged(root):
    folder = root / "frames" / "d_F0"
    folder.mkdir(parents=True)
    for number, value in enumerate((0.0, 1.0)):
        np.save(folder / f"{number}.npy", np.full(3, value))
    imported = read(root, {"visual": "frames"}, "utterances.csv")
    assert imported.vectors["visual"][0].tolist() == [0.5, 0.5, 0.5]
    assert imported.vectors["visual"][1] is None


def test_folders_outside_the_root_are_refused(root):
    with pytest.raises(UnsafePathError):
        read(root, {"audio": "../elsewhere"}, "utterances.csv")


def test_a_table_without_its_columns_is_refused(root):
    (root / "utterances.csv").write_text("utterance_id,turn\nx,0\n")
    with pytest.raises(CorpusError, match="column dialogue_id is missing"):
        read(root, {"audio": "audio"}, "utterances.csv")


def test_hidden_twins_and_other_files_are_no_frames(root):
    folder = root / "frames" / "d_F0"
    folder.mkdir(parents=True)
    np.save(folder / "0.npy", np.full(3, 1.0))
    (folder / "._0.npy").write_bytes(b"of macOS")
    (folder / "notes.txt").write_text("no frame")
    imported = read(root, {"visual": "frames"}, "utterances.csv")
    assert imported.vectors["visual"][0].tolist() == [1.0, 1.0, 1.0]


def test_axes_of_length_one_before_time_count_for_nothing(root):
    """GCNet's loader squeezes what it reads."""
    np.save(root / "audio" / "d_F0.npy", np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    imported = read(root, {"audio": "audio"}, "utterances.csv")
    assert imported.vectors["audio"][0].tolist() == [2.0, 3.0]


def test_half_floats_integers_and_big_endian_numbers(root):
    for kind in (np.float16, np.int32, ">f8", bool):
        np.save(root / "audio" / "d_F0.npy", np.array([1, 0], dtype=kind))
        imported = read(root, {"audio": "audio"}, "utterances.csv")
        assert imported.vectors["audio"][0].tolist() == [1.0, 0.0]


def test_a_folder_that_gives_nothing_is_refused(root):
    (root / "empty").mkdir()
    with pytest.raises(ImportFormatError, match=r"empty holds no <utterance_id>.npy .* d_F0.npy"):
        read(root, {"audio": "empty"}, "utterances.csv")
    with pytest.raises(ImportFormatError, match=r"no folder wav2vec; there are audio, .*faces"):
        read(root, {"audio": "wav2vec"}, "utterances.csv")


def test_a_vector_behind_a_link_must_stay_where_links_may_lead(root, tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    (root / "audio" / "d_F0.npy").rename(store / "0a1b")
    (root / "audio" / "d_F0.npy").symlink_to(store / "0a1b")
    with pytest.raises(UnsafePathError, match="outside"):
        read(root, {"audio": "audio"}, "utterances.csv")
    imported = read(root, {"audio": "audio"}, "utterances.csv", [str(store)])
    assert imported.vectors["audio"][0].tolist() == [1.0, 2.0]
