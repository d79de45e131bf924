"""Words that settings and networks share, each list of them written once; without torch."""

from typing import Literal, get_args

Modality = Literal["audio", "text", "visual"]
MODALITIES: tuple[str, ...] = get_args(Modality)  # in the order of all masks

Kind = Literal["classification", "regression"]  # of a task
Selection = Literal["best", "last"]  # which epoch stands
RegressionLoss = Literal["mse", "l1"]  # squared as in paper Eq. 13, or absolute as in its text
ScaleOrder = Literal["published", "head"]  # of MA-Net's second chain
