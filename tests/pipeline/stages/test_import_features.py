"""The stage that imports: every fault is one line with key or file, its row and the value."""

import json

import numpy as np
import pytest

from pipeline.base.records import Utterance
from pipeline.base.tables import read_rows
from pipeline.stages.import_features import main

ROWS = "utterance_id,dialogue_id,turn,speaker,emotion,text\n" + "".join(
    f"d{d}_u{k},d{d},{k},A,happy,caf\u00e9\n" for d in range(2) for k in range(3)
)
SOURCE = {"format": "npy_folder", "path": "t.csv", "arrays": {"audio": "wav2vec", "text": "bert"}}


@pytest.fixture
def stage(tmp_path):
    """A folder of vectors with its table, and the stage over it."""
    (tmp_path / "t.csv").write_text(ROWS, encoding="utf-8")
    for folder in ("wav2vec", "bert"):
        (tmp_path / folder).mkdir()
        for d in range(2):
            for k in range(3):
                np.save(tmp_path / folder / f"d{d}_u{k}.npy", np.full(8, k, np.float32))

    def run():
        names = ("utterances", "annotations", "corpus", "audio", "text", "visual")
        outputs = [
            part for name in names for part in (f"--out-{name}", str(tmp_path / "out" / name))
        ]
        settings = json.dumps({"source": SOURCE})
        main(["--corpus", "c", "--root", str(tmp_path), "--settings", settings, *outputs])
        return read_rows(tmp_path / "out/utterances", Utterance)

    return run


def test_turns_may_be_written_as_floats(stage, tmp_path):
    text = ROWS.replace(",0,A", ",0.0,A").replace(",1,A", ",1.0,A").replace(",2,A", ",2.0,A")
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    assert [utterance.turn for utterance in stage()] == [0, 1, 2, 0, 1, 2]


TABLES = {
    "blank turn": (ROWS.replace(",0,A", ",,A"), "t.csv line 2: turn '' is not a whole number"),
    "short row": (ROWS + "d0_u9,d0\n", "t.csv line 8: row does not fit the header: 2 cells, not 6"),
    "twice": (
        ROWS.replace("d1_u0", "d0_u0"),
        "t.csv line 5: utterance_id 'd0_u0' stands twice, first in t.csv line 2",
    ),
    "no rows": (ROWS.partition("\n")[0] + "\n", "t.csv: no utterance in it"),
    "semicolons": (ROWS.replace(",", ";"), "cells must be separated by commas"),
    "unsafe": (ROWS.replace("d1_u0", "../u"), "t.csv line 5: utterance_id '../u' is not allowed"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_fault_of_the_table_is_told(stage, tmp_path, name):
    text, message = TABLES[name]
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        stage()
    assert str(caught.value).startswith("error: corpora.c.import: ")
    assert message in str(caught.value)


def test_a_table_of_another_encoding_is_told_with_its_line(stage, tmp_path):
    (tmp_path / "t.csv").write_text(ROWS, encoding="cp1252")
    with pytest.raises(SystemExit, match=r"import: t.csv line 2: not UTF-8 \(byte \d+ .* 0xe9\)"):
        stage()


def test_a_folder_that_is_not_there_is_the_keys_fault(stage, tmp_path):
    (tmp_path / "wav2vec").rename(tmp_path / "wav2vec2")
    with pytest.raises(SystemExit) as caught:
        stage()
    assert str(caught.value).startswith(
        "error: corpora.c.import.arrays.audio: there is no folder wav2vec; there are bert, "
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00\x02\x00{}"])
def test_a_file_that_is_no_array_is_named(stage, tmp_path, content):
    (tmp_path / "wav2vec/d0_u0.npy").write_bytes(content)
    with pytest.raises(SystemExit, match=r"error: corpora.c.import: .*wav2vec/d0_u0.npy: "):
        stage()


def test_vectors_of_two_lengths_are_named(stage, tmp_path):
    np.save(tmp_path / "bert/d1_u1.npy", np.zeros(9))
    with pytest.raises(SystemExit, match=r"import.arrays.text: .*d1_u1 has 9 values, d0_u0 has 8"):
        stage()


def test_vectors_that_are_zeros_alone_are_no_data(stage, tmp_path):
    for path in (tmp_path / "bert").iterdir():
        np.save(path, np.zeros(8, np.float32))
    with pytest.raises(SystemExit, match=r"import.arrays.text: .* zeros alone for 6 of 6"):
        stage()


def test_vectors_that_are_missing_or_zeros_are_counted(stage, tmp_path, capsys):
    (tmp_path / "bert/d0_u1.npy").unlink()
    stage()
    told = capsys.readouterr().out
    assert "note: text: 1 of 6 utterances have no vector" in told
    assert "note: audio: 2 of 6 vectors are zeros, which count as data" in told


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(b""), "not a plain array"),
        (lambda path: np.savez(path.open("wb"), a=np.ones(8)), "is an archive"),
    ],
    ids=["nothing", "npz"],
)
def test_a_file_that_holds_no_array_is_named(stage, tmp_path, damage, message):
    damage(tmp_path / "bert/d1_u0.npy")
    with pytest.raises(SystemExit, match=rf"import: .*bert/d1_u0.npy: {message}"):
        stage()
