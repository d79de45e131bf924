"""Means of the losses of an epoch."""

from torch import Tensor

from models.learner import Loss


class Means:
    """Means of named losses over an epoch, added up on the device that they lie on."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}

    def add(self, loss: Loss) -> None:
        """Add the loss and its parts of one step."""
        named = {f"loss_{name}": value for name, value in loss.parts.items()}
        for name, value in {"loss": loss.total.detach(), **named}.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
            self._counts[name] = self._counts.get(name, 0) + 1

    def values(self) -> dict[str, float]:
        """Mean of each."""
        return {name: float(total) / self._counts[name] for name, total in self._sums.items()}
