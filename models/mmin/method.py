"""What is to be known of MMIN without building it."""

from models.method import WHOLE, MethodInfo, PublishedSize
from models.mmin.settings import MminSettings

METHOD = MethodInfo(
    label="MMIN",
    network="the missing modality imagination network",
    citation=(
        "Zhao et al. 2021: "
        "Missing Modality Imagination Network for Emotion Recognition with Uncertain Missing "
        "Modalities"
    ),
    settings=MminSettings,
    paper_row=4,
    sizes=(
        PublishedSize(WHOLE, "3.87M", "the frozen copy of the pretrained encoders is not counted"),
    ),
)
