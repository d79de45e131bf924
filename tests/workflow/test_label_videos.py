"""One command on a folder with an unprepared video: two talking portraits, two voices (synthetic).

The run is a small one, trained on random vectors that say they are of the bundled encoders: the
labels mean nothing, all that is found in the video does.
"""

import csv
from dataclasses import replace

import numpy as np
import pytest
import yaml

from benchmarks.segmentation import diarization
from pipeline.base.records import MODALITIES
from pipeline.config.faces import CropFacesSettings
from pipeline.config.features import FeaturesSettings
from pipeline.config.settings import dump
from pipeline.corpora.turns import Turn
from pipeline.features.shards import choose_encoder
from pipeline.features.store import read_store, write_store
from pipeline.tools.label.__main__ import main
from tests.pipeline.conftest import write_task
from tests.pipeline.stages.training_runs import predict_once, train_once
from tests.small_methods import small_method
from tests.workflow.talks import write_interview

DIMS = {"audio": 288, "text": 384, "visual": 128}


@pytest.fixture
def run(tmp_path):
    """The folder of a trained run, of the bundled encoders, with a setting of its own for faces."""
    files = write_task(tmp_path / "task", method=small_method("ae"), n_epochs=1)
    ids = [utterance.utterance_id for utterance in files.utterances]
    rng = np.random.default_rng(0)
    for path in files.features:
        store, features = read_store(path, ids), FeaturesSettings()
        detector = "mtcnn" if path.stem == "visual" else ""
        choice = choose_encoder(path.stem, features, tmp_path / "cache", "cpu", detector)
        vectors = rng.normal(0, 1, (len(ids), DIMS[path.stem])).astype(np.float32)
        vectors[~store.extracted] = 0
        write_store(path, replace(store, header=choice.header(ids), features=vectors))

    sections = {name: dump(getattr(FeaturesSettings(), name)) for name in MODALITIES}
    faces = dump(CropFacesSettings(fps=2.0, detect_width_px=360))
    files.settings["extraction"] = {"features": sections, "crop_faces": faces}
    train_once(files, tmp_path / "run", rate="0.3")
    predict_once(files, tmp_path / "run")
    return tmp_path / "run"


def label(run, source, out, cache):
    main(
        [
            *map(str, (run, source)),
            *("--out", str(out), "--cache", str(cache), "--config", "shards=1"),
        ]
    )
    with (out / "labels.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def turns_of(rows):
    return [Turn(float(row["start_s"]), float(row["end_s"]), row["speaker"]) for row in rows]


@pytest.mark.timeout(1800)  # a whole extraction, on a machine that may do other things
def test_one_command_makes_labels_of_raw_videos_and_is_not_done_twice(run, tmp_path, capfd):
    videos, out, cache = tmp_path / "videos", tmp_path / "labels", tmp_path / "cache"
    videos.mkdir()
    (videos / "broken.mp4").write_bytes(b"")
    truth = write_interview(videos / "talk.avi")
    (broken, *rows) = label(run, videos, out, cache)
    assert diarization(truth, turns_of(rows)).der <= 0.15
    assert {row["speaker"] for row in rows} == {"talk_A", "talk_B"}
    assert {row["media"] for row in rows} == {"talk.avi"}
    assert all(row["label"] in ("ang", "hap", "neu") for row in rows)
    assert all(row["modalities"] == "audio text visual" and row["text"] for row in rows)
    assert (broken["media"], broken["label"], broken["modalities"]) == ("broken.mp4", "", "")
    assert broken["reason"] == (
        "nothing found in any modality: audio unreadable, text no_text, visual unreadable"
    )

    # Faces were looked for as the run's were, not as the preset says.
    told = yaml.safe_load((out / "build/label.yaml").read_text())
    assert told["crop_faces"]["fps"] == 2.0
    assert told["crop_faces"]["detect_width_px"] == 360
    assert 'src="../videos/talk.avi"' in (out / "timeline.html").read_text()
    assert (out / "talk.labels.vtt").is_file()

    capfd.readouterr()
    assert label(run, videos, out, cache) == [broken, *rows]
    assert "Nothing to be done" in capfd.readouterr().err


@pytest.mark.timeout(1800)
def test_faces_alone_label_a_single_video_that_nobody_prepared(tmp_path):
    (tmp_path / "videos").mkdir()
    write_interview(tmp_path / "videos/talk.avi")
    arguments = [tmp_path / "videos/talk.avi", *("--model", "faces"), "--out", tmp_path / "labels"]
    more = ("--cache", tmp_path / "cache", "--config", "crop_faces={fps: 2.0}")
    main([*map(str, (*arguments, *more))])
    with (tmp_path / "labels/labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    assert all(row["modalities"] == "visual" and row["label"] for row in rows)
