"""Where artefacts lie whose names carry numbers or names: below `build`, a task or a corpus of it.

Rules spell the same places with wildcards; whoever fills these in does it here.
"""

import re


def safe_name(condition: object) -> str:
    """The name of a condition as part of a file's name: `only-audio-visual`; 0.3 stays 0.3."""
    return re.sub(r"[:+/=]", "-", str(condition))


def run_place(method: str, train_rate: str, fold: int | str, seed: int | str) -> str:
    """Folder of a training's weights, history, facts and predictions, in the folder of a task."""
    return f"runs/{method}/{safe_name(train_rate)}/fold{fold}_seed{seed}"


def mask_place(condition: object, mask_seed: int) -> str:
    """File of the stored masks of a condition, in the folder of a task."""
    return f"availability/{safe_name(condition)}_{mask_seed}.safetensors"


def features_place(modality: str) -> str:
    """File of the features of a modality, in the folder of a corpus."""
    return f"features/{modality}.safetensors"


def trace_place(method: str) -> str:
    """File of what a method's first run does inside, in the folder of a task."""
    return f"traces/{method}.safetensors"


def report_place(study: str) -> str:
    """Folder of the page of a study, its tables, figures and card, in build/."""
    return f"report/{study}"
