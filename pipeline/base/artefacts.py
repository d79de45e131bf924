"""Where artefacts lie whose names carry numbers: below `build/{task}`, or below `build/{corpus}`.

Rules spell the same places with wildcards; whoever fills these in does it here.
"""


def run_place(method: str, train_rate: str, fold: int | str, seed: int | str) -> str:
    """Folder of a training's weights, history, facts and predictions, in the folder of a task."""
    return f"runs/{method}/{train_rate}/fold{fold}_seed{seed}"


def mask_place(condition: object, mask_seed: int) -> str:
    """File of the stored masks of a rate, in the folder of a task."""
    return f"availability/{condition}_{mask_seed}.safetensors"


def features_place(modality: str) -> str:
    """File of the features of a modality, in the folder of a corpus."""
    return f"features/{modality}.safetensors"


def trace_place(method: str) -> str:
    """File of what a method's first run does inside, in the folder of a task."""
    return f"traces/{method}.safetensors"
