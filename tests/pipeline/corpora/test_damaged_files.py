"""500 damaged inputs of every reader and importer: rows or our error, no traceback, no hang."""

import pickle
import warnings
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.base.files import UnsafePathError
from pipeline.base.records import MODALITIES
from pipeline.config.corpora import ImportSettings
from pipeline.corpora.imports.imported import ImportFormatError
from pipeline.corpora.imports.source import read_source
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.readers import reader
from pipeline.features.imported import imported_store
from tests.pipeline.damaging import N_INPUTS, try_all


def write_iemocap_tree(root, request):
    turns = [("Ses01F_impro01_F000", "neu", "Hi."), ("Ses01F_impro01_M000", "sad", "No.")]
    request.getfixturevalue("write_iemocap")(root, {"Ses01F_impro01": turns})


def write_mosi_tree(root, request):
    labels = {"03bSnISJMiM_1": "1", "03bSnISJMiM_2": "-2.4"}
    request.getfixturevalue("write_mosi")(root, labels)


def write_mosei_tree(root, request):
    request.getfixturevalue("write_mosei")(root, {"-3g5yACwYnA_2": "1", "-3g5yACwYnA_3": "0"})


def write_csd_tree(root, request):
    write_mosei_tree(root, request)
    (root / "labels.csv").unlink()
    spans = [(20.0, 28.0), (30.0, 38.0)]
    rows = [[1.0, 0, 0, 0, 0, 0, 0]] * 2
    write = request.getfixturevalue("write_csd")
    write(root / "CMU_MOSEI_Labels.csd", "All Labels", {"-3g5yACwYnA": (rows, spans)})


def write_meld_tree(root, request):
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode\n"
    rows = '1,"Hi, there",Ross,joy,positive,0,0,1,2\n2,No.,Joey,anger,negative,0,1,1,2\n'
    request.getfixturevalue("write")(root / "train_sent_emo.csv", header + rows)


def write_mmsa_tree(root, request):
    table = "video_id,clip_id,text,label,annotation,mode\nv,0001,Hi,0.5,Positive,train\n"
    request.getfixturevalue("write")(root / "label.csv", table)


def write_folder_tree(root, request):
    table = "utterance_id,dialogue_id,media,start_s,end_s,turn,split\nu,d,a.mp4,0.5,2,1,dev\n"
    request.getfixturevalue("write")(root / "utterances.csv", table)


RAW = {
    "iemocap": ("iemocap", write_iemocap_tree),
    "mosi": ("mosi", write_mosi_tree),
    "mosei": ("mosei", write_mosei_tree),
    "mosei_csd": ("mosei", write_csd_tree),
    "meld": ("meld", write_meld_tree),
    "mmsa": ("mmsa", write_mmsa_tree),
    "folder": ("folder", write_folder_tree),
}


@pytest.mark.parametrize("name", RAW)
def test_raw_readers(tmp_path, request, settings, name):
    module, write_tree = RAW[name]
    write_tree(tmp_path, request)
    assert reader(module).read(tmp_path, settings(module)).utterances

    def attempt():
        with suppress(CorpusError):
            reader(module).read(tmp_path, settings(module))

    try_all([path for path in tmp_path.rglob("*") if path.is_file()], attempt)


def write_npz(root, save=np.savez):
    save(
        root / "f.npz",
        utterance_id=np.array(["d_1", "d_2", "e_1"]),
        dialogue_id=np.array(["d", "d", "e"]),
        start_s=np.array([0.0, 1.0, 0.0]),
        audio=np.ones((3, 2), np.float32),
    )


def write_parquet(root, **more):
    columns = {
        "utterance_id": ["d_1", "d_2", "e_1"],
        "dialogue_id": ["d", "d", "e"],
        "start_s": [0.0, 1.0, 0.0],
        "emotion": ["joy", None, "joy"],
        "audio": pa.array([[1.0, 2.0], None, [3.0, 4.0]], pa.list_(pa.float32(), 2)),
    }
    pq.write_table(pa.table(columns), root / "f.parquet", **more)


def write_folder(root):
    (root / "wav").mkdir()
    rows = ["utterance_id,dialogue_id,turn,speaker,emotion", "u,d,0,F,joy", "v,d,1.0,M,sad"]
    (root / "t.csv").write_text("\n".join(rows))
    for name in "uv":
        np.save(root / f"wav/{name}.npy", np.ones((2, 3), np.float16))


def write_pickle(root, protocol):
    part = {
        "id": np.array(["v$_$1", "v$_$2"]),
        "raw_text": np.array(["hello", "caf\u00e9"], dtype=object),
        "regression_labels": np.array([1.0, -1.0]),
        "audio": np.ones((2, 3, 2), np.float32),
        "audio_lengths": [1, 3],
    }
    splits = {
        name: {**part, "id": np.array([f"{name}$_$1", f"{name}$_$2"])}
        for name in ("train", "valid", "test")
    }
    (root / "f.pkl").write_bytes(pickle.dumps(splits, protocol=protocol))


IMPORTS = {
    "npz": (write_npz, {"format": "npz", "path": "f.npz"}),
    "npz_compressed": (
        lambda root: write_npz(root, np.savez_compressed),
        {"format": "npz", "path": "f.npz"},
    ),
    "parquet": (write_parquet, {"format": "parquet", "path": "f.parquet"}),
    "parquet_plain": (
        lambda root: write_parquet(root, compression="none", use_dictionary=False),
        {"format": "parquet", "path": "f.parquet"},
    ),
    "npy_folder": (
        write_folder,
        {"format": "npy_folder", "path": "t.csv", "arrays": {"audio": "wav"}},
    ),
    **{
        f"mmsa_pickle_{protocol}": (
            lambda root, protocol=protocol: write_pickle(root, protocol),
            {"format": "mmsa_pickle", "path": "f.pkl"},
        )
        for protocol in (0, 2, 4, 5)
    },
}


@pytest.mark.parametrize("name", IMPORTS)
def test_importers(tmp_path, name):
    write, values = IMPORTS[name]
    write(tmp_path)
    chosen = ImportSettings.model_validate(values)
    assert read_source(tmp_path, chosen).utterances

    def attempt():
        with suppress(ImportFormatError, CorpusError, UnsafePathError):
            imported = read_source(tmp_path, chosen)
            for modality in MODALITIES:
                imported_store(imported, modality, "digest")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Each of Parquet starts a process.
        n_inputs = 25 if chosen.format == "parquet" else N_INPUTS
        try_all([path for path in tmp_path.rglob("*") if path.is_file()], attempt, n_inputs)
