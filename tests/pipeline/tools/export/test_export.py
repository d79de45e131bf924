"""What is exported, read by numpy and the standard library, and by our own imports."""

import csv
import pickle
import pickletools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline.base.records import MODALITIES
from pipeline.config.corpora import CorpusSettings
from pipeline.config.settings import parse_section
from pipeline.corpora.imports.source import read_import
from pipeline.features.store import read_store
from pipeline.tools.export.content import Content, ExportError
from pipeline.tools.export.npy_folder import write_npy_folder
from pipeline.tools.export.npz import write_npz
from tests.pipeline.tools.export.small_corpus import export, utterances, write_corpus, write_task

FORMATS = {"npz": "c.npz", "npy_folder": "c", "mmsa_pickle": "c.pkl", "parquet": "c.parquet"}
LOST = [("visual", 2), ("audio", 0)]


@pytest.fixture
def corpus(tmp_path):
    return write_corpus(tmp_path / "build/talks", lost=LOST)


def imported(said):
    """What the lines of configuration that the command prints lead to."""
    section = yaml.safe_load(said.partition(" it is\n")[2])["NAME"]
    settings = parse_section(section, CorpusSettings, where="corpora.mine")
    return read_import("mine", Path(settings.root), settings.import_)


def by_id(found):
    places = {row.utterance_id: k for k, row in enumerate(found.utterances)}
    return {name: {m: found.vectors[m][k] for m in found.vectors} for name, k in places.items()}


@pytest.mark.parametrize("form", FORMATS)
def test_an_import_reads_what_was_exported(corpus, tmp_path, capsys, form):
    export(corpus, "--format", form, "--out", tmp_path / FORMATS[form])
    found = imported(capsys.readouterr().out)
    rows = {row.utterance_id: row for row in utterances()}
    if form == "mmsa_pickle":
        rows.pop("d1_1")  # which has no sentiment
    assert {row.utterance_id for row in found.utterances} == rows.keys()
    for utterance in found.utterances:
        row = rows[utterance.utterance_id]
        assert (utterance.dialogue_id, utterance.turn, utterance.text) == (
            row.dialogue_id,
            row.turn,
            row.text,
        )
        if form != "mmsa_pickle":  # which knows no speakers
            assert (utterance.speaker, utterance.session) == (row.speaker, row.session)

    told = {(a.utterance_id, a.name, a.value) for a in found.annotations}
    with (corpus / "annotations.csv").open(newline="") as stream:
        given = {tuple(row.values()) for row in csv.DictReader(stream)}
    if form == "mmsa_pickle":
        given = {a for a in given if a[1] in ("sentiment", "split") and a[0] in rows}
    assert told == given

    ids = [row.utterance_id for row in utterances()]
    vectors = by_id(found)
    for modality in MODALITIES:
        store = read_store(corpus / f"features/{modality}.safetensors", ids)
        for k, name in enumerate(ids):
            if name not in rows:
                continue
            vector = vectors[name][modality]
            assert (vector is None) == ((modality, k) in LOST)
            if vector is not None:
                assert vector.tobytes() == store.features[k].tobytes()


def test_npz_is_numpys(corpus, tmp_path):
    export(corpus, "--format", "npz", "--out", tmp_path / "c.npz")
    with np.load(tmp_path / "c.npz", allow_pickle=False) as archive:
        assert archive["utterance_id"].tolist() == [row.utterance_id for row in utterances()]
        assert archive["turn"].tolist() == [row.turn for row in utterances()]
        assert archive["sentence"].tolist() == [row.text for row in utterances()]
        assert archive["sentiment"].tolist() == ["-2.5", "-1.5", "-0.5", "", "1.5", "2.5"]
        assert archive["visual"].shape == (6, 4)
        assert np.isnan(archive["visual"]).all(axis=1).tolist() == [k == 2 for k in range(6)]
    before = (tmp_path / "c.npz").read_bytes()
    export(corpus, "--format", "npz", "--out", tmp_path / "c.npz")
    assert (tmp_path / "c.npz").read_bytes() == before


def test_npy_folder_has_a_file_for_each_vector(corpus, tmp_path):
    export(corpus, "--format", "npy_folder", "--out", tmp_path / "c")
    files = {m: {path.stem for path in (tmp_path / "c" / m).iterdir()} for m in MODALITIES}
    ids = [row.utterance_id for row in utterances()]
    assert files["text"] == set(ids)
    assert files["visual"] == set(ids) - {ids[2]}
    assert np.load(tmp_path / "c/text/d0_1.npy", allow_pickle=False).shape == (5,)
    assert sorted(path.name for path in (tmp_path).iterdir()) == ["build", "c"]


def test_ids_that_would_be_one_file_on_other_disks_make_no_folder(tmp_path):
    """As on the disks of macOS and Windows."""
    rows = [replace(utterances()[k], utterance_id=name) for k, name in enumerate(("u1", "U1"))]
    content = Content(rows, {}, {"text": np.ones((2, 3), np.float32)})
    told = "the utterances 'u1' and 'U1' differ by capitals alone.*use `--format npz`"
    with pytest.raises(ExportError, match=told):
        write_npy_folder(tmp_path / "c", content)
    assert list(tmp_path.iterdir()) == []
    write_npz(tmp_path / "c.npz", content)


def test_mmsa_pickle_is_what_its_loader_takes(corpus, tmp_path):
    """MMSA's data_loader.py: arrays from `vision`, `audio`, `text`; texts; numbers; ids."""
    export(corpus, "--format", "mmsa_pickle", "--out", tmp_path / "c.pkl")
    with (tmp_path / "c.pkl").open("rb") as stream:
        splits = pickle.load(stream)  # noqa: S301  which this test has just written
    assert {name: part["id"] for name, part in splits.items()} == {
        "train": ["d0$_$1", "d0$_$0"], "valid": ["d1$_$0"], "test": ["d2$_$0", "d2$_$1"],
    }  # fmt: skip
    train = splits["train"]
    assert train["raw_text"] == [utterances()[0].text, utterances()[1].text]
    assert train["regression_labels"].tolist() == [-2.5, -1.5]
    shapes = {key: train[key].shape for key in ("audio", "text", "vision")}
    assert shapes == {"audio": (2, 1, 3), "text": (2, 1, 5), "vision": (2, 1, 4)}
    assert {train[key].dtype for key in shapes} == {np.dtype("float32")}
    assert np.isnan(train["audio"][0]).all()


def test_a_pickle_names_nothing_but_numpy(corpus, tmp_path):
    export(corpus, "--format", "mmsa_pickle", "--out", tmp_path / "c.pkl")
    texts, named = [], set()
    for code, argument, _ in pickletools.genops((tmp_path / "c.pkl").read_bytes()):
        if isinstance(argument, str):
            texts.append(argument)
        if code.name == "GLOBAL":
            named.add(argument.split()[0])
        if code.name == "STACK_GLOBAL":
            named.add(next(text for text in reversed(texts) if "." in text or text == "numpy"))
    assert named
    assert {name.split(".")[0] for name in named} == {"numpy"}


def test_a_task_adds_its_labels_and_the_roles_of_a_fold(corpus, tmp_path, capsys):
    task = write_task(tmp_path / "build/mood")
    more = ["--task", task, "--fold", 1]
    export(corpus, "--format", "npz", "--out", tmp_path / "c.npz", *more)
    with np.load(tmp_path / "c.npz", allow_pickle=False) as archive:
        assert archive["label"].tolist() == ["0", "1", "2", "3", "4", ""]
        roles = ["validation"] * 2 + ["test"] * 2 + ["train"] * 2
        assert archive["split"].tolist() == roles
    export(
        corpus, "--format", "mmsa_pickle", "--out", tmp_path / "c.pkl", *more, "--target", "label"
    )
    assert "1 utterances have no split or no label: left out" in capsys.readouterr().out


def test_a_modality_of_which_nothing_was_found_is_left_out(tmp_path):
    corpus = write_corpus(tmp_path / "build/talks", empty=["visual"])
    export(corpus, "--format", "npz", "--out", tmp_path / "c.npz")
    with np.load(tmp_path / "c.npz", allow_pickle=False) as archive:
        assert {"audio", "text"} <= set(archive.files)
        assert "visual" not in archive.files


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere/utterances.csv is not there: name what the workflow made"),
        (["--target", "mood"], "no utterance has the annotation 'mood'; there are: emotion, file,"),
        (["--target", "emotion"], "emotion='sad' is not a number, and MMSA's labels"),
        (["--task", "TASK", "--fold", "7"], "splits.csv holds no fold 7"),
        (["--task", "TWO"], "dialogues of fold 0 have two roles"),
        (["--task", "EMPTY", "--target", "label"], "no such file or directory"),
    ],
)
def test_what_cannot_be_exported_is_told_and_nothing_is_written(
    corpus, tmp_path, arguments, message
):
    places = {
        "TASK": write_task(tmp_path / "build/mood"),
        "TWO": write_task(tmp_path / "build/two", two_roles=True),
        "EMPTY": tmp_path / "build/none",
    }
    given = [places.get(argument, argument) for argument in arguments]
    given = given if "nowhere" in given else [corpus, *given]
    with pytest.raises(SystemExit, match=r"^error: ") as caught:
        export(*given, "--format", "mmsa_pickle", "--out", tmp_path / "c.pkl")
    assert message.lower() in str(caught.value).lower()
    assert not (tmp_path / "c.pkl").exists()


def test_an_old_folder_is_not_mixed_with_a_new_one(corpus, tmp_path):
    (tmp_path / "c").mkdir()
    export(corpus, "--format", "npy_folder", "--out", tmp_path / "c")  # an empty one will do
    with pytest.raises(SystemExit, match="is there already: name a new or an empty folder"):
        export(corpus, "--format", "npy_folder", "--out", tmp_path / "c")


@pytest.mark.parametrize(
    ("form", "name"), [("npz", "sentence"), ("npy_folder", "region"), ("parquet", "start_s")]
)
def test_annotations_that_the_format_would_take_for_its_own_are_refused(
    corpus, tmp_path, form, name
):
    table = corpus / "annotations.csv"
    table.write_text(table.read_text().replace(",file,", f",{name},"))
    with pytest.raises(SystemExit, match=f"annotations {name} are called as columns"):
        export(corpus, "--format", form, "--out", tmp_path / "c")


def test_texts_that_would_fill_the_memory_are_refused(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.tools.export.npz.MAX_TEXT_BYTES", 6 * 300 * 4 - 1)
    with pytest.raises(SystemExit, match=r"sentence: 6 texts of up to 300 characters .*npy_folder"):
        export(corpus, "--format", "npz", "--out", tmp_path / "c.npz")
    assert not (tmp_path / "c.npz").exists()
