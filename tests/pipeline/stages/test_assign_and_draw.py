"""Stages assign_splits and draw_availability on tables in files, as the rules call them."""

import json

import numpy as np
import pytest

from pipeline.base.arrays import read_arrays
from pipeline.base.errors import SettingsError
from pipeline.base.records import MODALITIES, Annotation, Label, SplitRow, Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.features.store import FeatureStore, StoreHeader, table_digest, write_store
from pipeline.stages import assign_splits, draw_availability

TASK = {
    "classes": {"happy": ["hap", "exc"], "sad": ["sad"]},
    "folds": {"by": "sessions", "k": 3},
}


@pytest.fixture
def tables(tmp_path):
    utterances = [
        Utterance(f"s{s}d{d}_{t}", f"s{s}d{d}", t, "FM"[t % 2], f"s{s}", "", t, t + 1, "full", "")
        for s in range(3)
        for d in range(2)
        for t in range(4)
    ]
    values = ["hap", "sad", "exc", "xxx"]
    annotations = [Annotation(u.utterance_id, "emotion", values[u.turn]) for u in utterances]
    write_rows(tmp_path / "utterances.csv", utterances, Utterance)
    write_rows(tmp_path / "annotations.csv", annotations, Annotation)
    write_stores(tmp_path, [u.utterance_id for u in utterances])
    return tmp_path


def write_stores(folder, ids, missing=None):
    """Stores of one number an utterance; `missing` has nothing in them."""
    for modality in MODALITIES:
        status = np.full(len(ids), modality == missing, np.uint8)
        header = StoreHeader(table_digest(ids), modality, "e", "w", "mean", "float32")
        features = np.ones((len(ids), 1), np.float32) * (status == 0)[:, None]
        store = FeatureStore(header, features.astype(np.float32), status == 0, status)
        write_store(folder / f"{modality}.safetensors", store)


def run_both(folder, rate="0.7"):
    assign_splits.main(
        [
            *("--task", "mood", "--utterances", f"{folder}/utterances.csv"),
            *("--annotations", f"{folder}/annotations.csv"),
            *("--settings", json.dumps({"task": TASK, "protocol": "strict"})),
            *("--out-labels", f"{folder}/labels.csv", "--out-splits", f"{folder}/splits.csv"),
        ]
    )
    settings = {"condition": rate, "modalities": ["audio", "text", "visual"]}

    draw_availability.main(
        [
            *("--utterances", f"{folder}/utterances.csv", "--labels", f"{folder}/labels.csv"),
            *("--splits", f"{folder}/splits.csv", "--settings", json.dumps(settings)),
            *("--features", *(f"{folder}/{m}.safetensors" for m in MODALITIES)),
            *("--mask-seed", "7000", "--out", f"{folder}/masks"),
        ]
    )


def test_the_two_stages_write_labels_splits_and_masks(tables, capsys):
    run_both(tables)
    labels = read_rows(tables / "labels.csv", Label)
    splits = read_rows(tables / "splits.csv", SplitRow)
    assert len(labels) == 18  # 24 less those annotated xxx
    assert {row.label for row in labels} == {"happy", "sad"}
    assert len(splits) == 18  # 3 folds of 6 dialogues
    masks, header = read_arrays(tables / "masks")
    assert set(masks) == {"fold0", "fold1", "fold2"}
    assert masks["fold0"].shape == (18, 3)
    assert header["realised"]["0"] == pytest.approx(2 / 3)
    shown = capsys.readouterr().out
    assert "18 of 24 utterances have a label" in shown
    assert "happy 12, sad 6" in shown
    assert "0.7 asked, 0.6667 realised" in shown


def test_running_again_writes_the_same_bytes(tables):
    run_both(tables, "0.3")
    names = ("labels.csv", "splits.csv", "masks")
    before = [(tables / name).read_bytes() for name in names]
    run_both(tables, "0.3")
    assert before == [(tables / name).read_bytes() for name in names]


def test_what_the_protocol_refuses_is_said_without_a_traceback(tables):
    with pytest.raises(SettingsError, match=r"condition: a rate above 0\.7 leaves utterances"):
        run_both(tables, "0.9")
    bad = json.dumps({"task": {**TASK, "folds": {"by": "sessions", "k": 4}}, "protocol": "strict"})
    with pytest.raises(
        SystemExit, match=r"error: tasks\.mood: folds\.k=4, but .* 3 parts by sessions"
    ):
        assign_splits.main(
            [
                *("--task", "mood", "--utterances", f"{tables}/utterances.csv"),
                *("--settings", bad),
                *("--annotations", f"{tables}/annotations.csv"),
                *("--out-labels", f"{tables}/l.csv", "--out-splits", f"{tables}/s.csv"),
            ]
        )

    assert not (tables / "l.csv").exists()


def test_rates_are_drawn_over_what_was_extracted(tables, capsys):
    ids = [u.utterance_id for u in read_rows(tables / "utterances.csv", Utterance)]
    write_stores(tables, ids, missing="visual")
    run_both(tables)
    masks, header = read_arrays(tables / "masks")
    drawn = masks["fold0"].any(axis=1)
    assert (masks["fold0"][drawn][:, :2].sum(axis=1) == 1).all()
    assert masks["fold0"][drawn][:, 2].all()  # never there, so never withheld
    assert header["realised"]["0"] == 0.5
    assert "0.7 asked, 0.5000 realised" in capsys.readouterr().out
