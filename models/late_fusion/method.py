"""What is to be known of late fusion without building it."""

from models.late_fusion.settings import LateFusionSettings
from models.method import MethodInfo

METHOD = MethodInfo(
    label="Late fusion",
    network="a regularised linear model for each modality, averaged over what is there",
    citation=(
        "ours, of known parts: softmax or ridge regression for each modality, and the mean of "
        "their probabilities"
    ),
    settings=LateFusionSettings,
)
