"""Words of the configuration that more than one room knows, each list of them written once."""

from typing import Literal

Precision = Literal["float32", "bfloat16", "float16"]  # numbers that a network computes in
Pooling = Literal["words", "tokens"]  # what the vector of a text is the mean of
Compat = Literal["none", "gcnet"]  # whose recipe is followed where ours differs

DetectorName = Literal["mtcnn", "yunet"]
CropShape = Literal["square", "box"]
WhichFace = Literal["side", "single", "track", "speaker"]  # whose face, where there are several
