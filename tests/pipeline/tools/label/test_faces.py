"""--model faces: mini-Xception's own seven classes, of crops alone, and called what they are."""

import json

import cv2
import numpy as np
import pytest
import skimage.data
import torch

from models.encoders.mini_xception import CLASSES, MiniXception
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import write_rows
from pipeline.features.encoders.mini_xception import centered, to_gray
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crops import CropRecord, iter_crops, write_crops
from pipeline.features.weights.bundled import bundled_path
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.keras_weights import read_mini_xception
from pipeline.tools.label.__main__ import main
from tests.pipeline.tools.label.new_corpora import read_table

KEY = "ab" * 32
SMILE = skimage.data.astronaut()[56:177, 163:284]  # Eileen Collins, who smiles
NAMES = [f"probability_{name}" for name in CLASSES]


def utterance(number, **more):
    facts = {"start_s": 1.0, "end_s": 3.5, "media": "a.mp4"} | more
    return Utterance(
        *(f"u{number}", "d", number, "Ann", "", facts["media"], facts["start_s"], facts["end_s"]),
        *("full", "so"),
    )


@pytest.fixture
def corpus(tmp_path):
    """Two utterances: faces of one (a smile, and half of the light), none of the other."""
    folder, cache = tmp_path / "corpus", CropCache(tmp_path / "cache")
    pictures = [SMILE, SMILE // 2]
    jpegs = [cv2.imencode(".jpg", picture[:, :, ::-1])[1].tobytes() for picture in pictures]
    boxes = ((0.0, 0.0, 9.0, 9.0),) * 2
    record = CropRecord(KEY, "ok", "single", "full", 2, 2, 2, (1.0, 1.2), boxes, (0.9, 0.9))
    with cache.writing(KEY) as path:
        write_crops(path, record, jpegs)

    rows = [utterance(0), utterance(1, start_s=4.0, end_s=float("inf"))]
    write_rows(folder / "utterances.csv", rows, Utterance)
    faces = [
        FaceRow("u0", 2, 2, KEY, "ok", 2.5, 2.5),
        FaceRow("u1", 5, 0, "", "no_face", float("inf"), 1.5, "5 frames, no face"),
    ]
    write_rows(folder / "faces" / "0.csv", faces, FaceRow)
    return folder, cache


def label(folder, cache, out, *more):
    arguments = [folder, "--model", "faces", "--cache", cache.root, "--out", out, "--device", "cpu"]
    main([*map(str, arguments), *more])
    return read_table(out / "labels.csv")


def test_it_is_the_mean_of_what_the_published_network_says_of_each_face(corpus, tmp_path):
    folder, cache = corpus
    smiling, nobody = label(folder, cache, tmp_path / "labels")
    model = MiniXception()
    model.load_state_dict(read_mini_xception(bundled_path(find_encoder("visual", "mini-xception"))))
    model.eval()
    with torch.inference_mode():
        logits = [model(centered(to_gray([crop]))) for crop in iter_crops(cache.path(KEY))]
    expected = np.mean([torch.softmax(logit, dim=1).numpy()[0] for logit in logits], axis=0)
    assert [float(smiling[name]) for name in NAMES] == pytest.approx(expected, abs=1e-5)
    assert (smiling["label"], smiling["modalities"]) == ("happy", "visual")
    assert smiling["expected_accuracy"] == ""
    assert {nobody[name] for name in ("label", "modalities", *NAMES)} == {""}
    assert nobody["reason"] == "no_face 5 frames, no face"
    assert [row["end_s"] for row in (smiling, nobody)] == ["3.5", "5.5"]


def test_it_is_called_what_it_is(corpus, tmp_path, capsys):
    label(*corpus, tmp_path / "labels")
    first = capsys.readouterr().err.splitlines()[0]
    assert "come from faces alone" in first
    assert "FER-2013" in first
    told = json.loads((tmp_path / "labels" / "labels.json").read_text())
    assert told["notes"][0] in first
    page = (tmp_path / "labels" / "timeline.html").read_text()
    assert page.index("come from faces alone") < page.index('class="media"')


def test_crops_that_are_gone_and_corpora_without_faces_are_named(corpus, tmp_path):
    folder, cache = corpus
    cache.path(KEY).unlink()
    with pytest.raises(SystemExit, match=r"face crops of u0 .* --forcerun crop_faces"):
        label(folder, cache, tmp_path / "labels")
    (folder / "faces" / "0.csv").unlink()
    with pytest.raises(SystemExit, match="needs a corpus of videos"):
        label(folder, cache, tmp_path / "labels")
    assert not (tmp_path / "labels").exists()


def test_a_row_that_names_no_archive_but_a_way_out_is_refused(corpus, tmp_path):
    folder, cache = corpus
    rows = [FaceRow("u0", 2, 2, "../../x", "ok"), FaceRow("u1", 0, 0, "", "no_face")]
    write_rows(folder / "faces" / "0.csv", rows, FaceRow)
    with pytest.raises(SystemExit, match="u0"):
        label(folder, cache, tmp_path / "labels")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["corpus"], "name one RUN or more"),
        (["run", "corpus", "--model", "faces"], "name one RUN or more"),
        (["corpus", "--model", "faces", "--risk", "0.2"], "--risk needs calibrated"),
    ],
)
def test_a_run_or_a_model_and_not_both(tmp_path, capsys, arguments, message):
    with pytest.raises(SystemExit, match="2"):
        main([*arguments, "--out", str(tmp_path / "labels")])
    assert message in capsys.readouterr().err
