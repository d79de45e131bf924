"""`crop_faces`: how faces are found and cut out."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings import PathText, Section, Share


class CropFacesSettings(Section):
    """`crop_faces`: how faces are found and cut out."""

    detector: Literal["mtcnn", "yunet"] = "mtcnn"
    """Network that finds faces."""
    weights: PathText | None = None
    """Detector yunet: its .onnx file."""
    fps: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Frames looked at per second of video."""
    detect_width_px: Annotated[int, Field(ge=64, le=4096)] = 480
    """Wider frames shrink to this for detection; crops come from the original."""
    min_face_px: Annotated[int, Field(ge=10)] = 40
    """Smallest face, in the picture that the detector sees."""
    min_confidence: Share = 0.95
    """Of the detector."""
    margin: Annotated[float, Field(ge=0, le=2)] = 0.2
    """Added around the box, share of its side."""
    size_px: Annotated[int, Field(ge=32, le=1024)] = 224
    """Crops are squares of this side."""
    which_face: Literal["auto", "side", "single", "track"] = "auto"
    """Whose face where there are several; auto = what the corpus asks for."""


def detector_module(detector: str) -> str:
    """Module whose `build(...)` makes a detector (pipeline.media.faces.open_detector)."""
    return f"pipeline.media.{detector}"
