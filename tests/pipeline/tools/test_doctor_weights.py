"""The doctor opens weights and detectors, and says where missing ones come from."""

import pytest
import torch

from pipeline.tools.doctor import main


def test_missing_weights_say_where_they_come_from(configfile, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # where no weights/ lies
    features = {"audio": {"encoder": "wav2vec"}, "visual": {"encoder": "manet"}}
    with pytest.raises(SystemExit) as caught:
        main(["--configfile", configfile(features=features)])
    assert caught.value.code == 1
    said = capsys.readouterr().out
    assert "missing  features.audio.encoder: wav2vec" in said
    assert "https://dl.fbaipublicfiles.com/fairseq/wav2vec/wav2vec_large.pt" in said
    assert "MISSING  features.visual.encoder: manet: published at https://drive.google" in said
    assert "MISSING  features.text" not in said


def test_yunet_needs_its_file(configfile, capsys):
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(crop_faces={"detector": "yunet"})])
    shown = capsys.readouterr().out
    assert "MISSING  crop_faces.detector: yunet: crop_faces.weights=None is not a file" in shown


@pytest.mark.parametrize(
    ("name", "problem"),
    [("any.onnx", "fails"), ("face_detection_yunet_2023mar.onnx", "is not that of the published")],
)
def test_a_detector_that_does_not_open_is_missing(configfile, capsys, tmp_path, name, problem):
    (tmp_path / name).write_bytes(b"<html>please log in</html>")
    faces = {"detector": "yunet", "weights": str(tmp_path / name)}
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(crop_faces=faces)])
    assert problem in capsys.readouterr().out


def test_weights_that_do_not_fit_their_network_are_missing(configfile, capsys, tmp_path):
    torch.save({"model": {"w": torch.ones(1)}}, tmp_path / "w.pt")
    audio = {"encoder": "wav2vec", "weights": str(tmp_path / "w.pt")}
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(features={"audio": audio})])
    shown = capsys.readouterr().out
    assert "missing  features.audio.encoder: wav2vec" in shown
    assert "weights do not fit the network" in shown
