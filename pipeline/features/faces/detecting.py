"""The detector of faces that `crop_faces` asks for."""

from pathlib import Path

from pipeline.base.errors import CheckpointError
from pipeline.config.faces import CropFacesSettings
from pipeline.media.detectors import DetectorError, detector_files, open_detector
from pipeline.media.faces import Detector
from pipeline.media.gcnet_faces import SMALLEST_FACE_PX


def detector_of(faces: CropFacesSettings, device: str) -> Detector:
    """Load it. Raises DetectorError."""
    return open_detector(
        faces.detector,
        weights=faces.weights,
        min_face_px=SMALLEST_FACE_PX if faces.compat == "gcnet" else faces.min_face_px,
        min_confidence=faces.min_confidence,
        device=device,
    )


def check_detector(faces: CropFacesSettings) -> Path:
    """Load it on the CPU; where its weights lie. Raises CheckpointError."""
    try:
        detector_of(faces, "cpu")
        return detector_files(faces.detector, faces.weights)[0]
    except DetectorError as error:
        raise CheckpointError(str(error)) from error
