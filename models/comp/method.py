"""What is to be known of ComP without building it."""

from models.comp.settings import CompSettings
from models.method import MethodInfo

METHOD = MethodInfo(
    label="ComP",
    network="modality branches that prompt each other",
    citation=(
        "He, Zhu and Zhang 2026: Cross-modal Prompting for Balanced Incomplete Multi-modal "
        "Emotion Recognition (AAAI)"
    ),
    settings=CompSettings,
)
