"""Settings that logistic and late_fusion share."""

from dataclasses import dataclass
from typing import Literal

from models.settings import Positive


@dataclass(frozen=True, kw_only=True)
class LinearSettings:
    """What fits a linear model."""

    strengths: tuple[Positive, ...] = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    """Weights of the data against the pull to zero (scikit-learn's C) that are tried; each model
    keeps the one that scores best on the validation role."""
    training: Literal["complete", "masked"] = "complete"
    """Complete: a model of some modalities learns from all utterances that have them; masked: from
    those to which the training rate leaves them."""
