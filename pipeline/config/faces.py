"""`crop_faces`: how faces are found and cut out."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.base.vocabulary import Compat, CropShape, DetectorName, WhichFace
from pipeline.config.settings import PathText, Section, Share


class CropFacesSettings(Section):
    """`crop_faces`: how faces are found and cut out."""

    detector: DetectorName = "mtcnn"
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
    shape: CropShape = "square"
    """What is cut out and scaled: a square around the box, or the box itself, stretched."""
    compat: Compat = "none"
    """gcnet = as its authors: every frame, whole picture, bare first box; needs detector yunet."""
    which_face: Literal["auto", WhichFace] = "auto"
    """Whose face where there are several; auto = what the corpus asks for."""

    @model_validator(mode="after")
    def _gcnet_has_its_detector(self) -> Self:
        if self.compat == "gcnet" and self.detector != "yunet":
            raise ValueError("compat: gcnet finds faces with YuNet: set `detector: yunet`")
        return self


def detector_module(detector: str) -> str:
    """Module whose `build(...)` makes a detector (pipeline.media.detectors.open_detector)."""
    return f"pipeline.media.{detector}"
