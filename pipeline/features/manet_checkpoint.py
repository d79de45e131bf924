"""The published checkpoint of MA-Net (FACTS C.3).

Besides weights it holds training curves; `Inert` takes their place, so that not even numpy acts
on them.
"""

from pathlib import Path

from torch import Tensor

from models.encoders.manet import MaNet
from pipeline.features.checkpoints import load_checkpoint, part_of
from pipeline.features.published import MANET
from pipeline.features.strict_state import fit_state

# MA-Net's curves and best accuracy; numpy renamed its module in version 2.
IGNORED_GLOBALS = (
    "__main__.RecorderMeter",
    "numpy.ndarray",
    "numpy.dtype",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
)


class Inert:
    """Stands for a pickled object that we do not need: takes any state and does nothing."""

    def __new__(cls, *_: object) -> "Inert":
        """Ignore the arguments that a pickle calls us with."""
        return super().__new__(cls)

    def __init__(self, *_: object) -> None:
        """Ignore them here too."""

    def __setstate__(self, state: object) -> None:
        """Ignore the state that a pickle sets."""


def read_manet(path: Path) -> dict[str, Tensor]:
    """The weights of `models.encoders.manet.MaNet`, float32, from the authors' checkpoint."""
    content = load_checkpoint(path, MANET, [(Inert, name) for name in IGNORED_GLOBALS])
    state = part_of(path, content, "state_dict", MANET)
    kept = {key.removeprefix("module."): value for key, value in state.items()}
    return fit_state(path, kept, MaNet, MANET)
