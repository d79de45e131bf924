"""A detector is the one that we know, or is refused with the way out."""

import cv2
import pytest
import torch

from pipeline.media import detectors
from pipeline.media.detectors import DetectorError, detector_digest, open_detector

pytestmark = pytest.mark.fresh

OPTIONS = {"min_face_px": 40, "min_confidence": 0.95}


def test_cuda_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(DetectorError, match="torch sees 0 GPUs here; use auto or cpu"):
        open_detector("mtcnn", weights=None, device="cuda", **OPTIONS)
    detector = open_detector("mtcnn", weights=None, device="auto", **OPTIONS)
    assert detector.detect([]) == []


def test_the_digest_names_the_weights(tmp_path, monkeypatch):
    digest = detector_digest("mtcnn", None)
    model = tmp_path / "a.onnx"
    model.write_bytes(b"1")
    first = detector_digest("yunet", str(model))
    model.write_bytes(b"2")
    assert len({digest, first, detector_digest("yunet", str(model))}) == 3
    monkeypatch.setattr(detectors, "find_spec", lambda name: None)
    with pytest.raises(DetectorError, match=r"install requirements\.lock"):
        detector_digest("mtcnn", None)


@pytest.mark.parametrize("weights", [None, "no/such/file.onnx"])
def test_yunet_without_its_file_says_what_to_do(weights):
    with pytest.raises(
        DetectorError, match=r"crop_faces\.weights=.*2023mar.*CONFIG=FILE.*`detector: mtcnn`"
    ):
        open_detector("yunet", weights=weights, device="cpu", **OPTIONS)


def test_a_file_that_is_no_model_of_yunet_fails_its_self_test(tmp_path, capfd):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(DetectorError, match=f"model fails .* with OpenCV {cv2.__version__}"):
        open_detector("yunet", weights=str(path), device="cpu", **OPTIONS)
