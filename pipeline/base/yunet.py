"""Where YuNet's model file lies. Imports no settings: crops hang on the code of this module."""

from pathlib import Path

YUNET_FILE = "face_detection_yunet_2023mar.onnx"


def yunet_place(weights: str | None) -> Path:
    """The file that `crop_faces.weights` names, or where `make weights` puts it."""
    return Path("weights", YUNET_FILE) if weights is None else Path(weights)
