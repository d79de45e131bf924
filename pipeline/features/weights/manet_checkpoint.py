"""The published checkpoint of MA-Net (reading.md C.3).

Its script saves the state of a DataParallel (keys begin with `module.`) beside the optimizer's and
an object that holds training curves; only the state is read.
"""

from pathlib import Path

from torch import Tensor

from models.encoders.manet import MaNet
from pipeline.features.weights.checkpoints import open_checkpoint
from pipeline.features.weights.published import MANET
from pipeline.features.weights.strict_state import fit_state


def read_manet(path: Path) -> dict[str, Tensor]:
    """The weights of `models.encoders.manet.MaNet`, float32, from the authors' checkpoint."""
    with open_checkpoint(path, MANET.refuse) as checkpoint:
        state = checkpoint.state("state_dict")
    kept = {key.removeprefix("module."): value for key, value in state.items()}
    return fit_state(path, kept, MaNet, MANET)
