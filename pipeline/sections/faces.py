"""`crop_faces`: how faces are found and cut out."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings import Section, Share


class CropFacesSettings(Section):
    """`crop_faces`: how faces are found and cut out."""

    detector: Literal["mtcnn", "yunet"] = "mtcnn"
    weights: str | None = None  # yunet: path of the .onnx file
    fps: Annotated[float, Field(gt=0, le=60)] = 5.0  # frames sampled per second of video
    detect_width_px: Annotated[int, Field(ge=64, le=4096)] = 480  # wider frames shrink to this
    min_face_px: Annotated[int, Field(ge=10)] = 40  # in the picture that the detector sees
    min_confidence: Share = 0.95
    margin: Annotated[float, Field(ge=0, le=2)] = 0.2  # added around the box, share of its side
    size_px: Annotated[int, Field(ge=32, le=1024)] = 224  # crops are squares of this side
    which_face: Literal["auto", "side", "single", "track"] = (
        "auto"  # auto: what the reader asks for
    )


def detector_module(detector: str) -> str:
    """Module whose `build(...)` makes a detector (pipeline.media.faces.open_detector)."""
    return f"pipeline.media.{detector}"
