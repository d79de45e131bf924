"""What is to be known of MoMKE without building it."""

from models.method import MethodInfo
from models.momke.settings import MomkeSettings

METHOD = MethodInfo(
    label="MoMKE",
    network="a mixture of modality experts",
    citation=(
        "Xu et al. 2024: Leveraging Knowledge of Modality Experts for Incomplete Multimodal "
        "Learning (ACM Multimedia)"
    ),
    settings=MomkeSettings,
)
