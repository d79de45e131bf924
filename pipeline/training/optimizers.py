"""Optimisers of a phase: one per group of parameters, clipped and decayed as the learner asks.

Adam and AdamW by torch's fused functions: one pass over memory, the same bytes every time. Not by
torch's optimiser classes: making the first one imports the whole compiler, seconds for each run.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.adam import adam
from torch.optim.adamw import adamw

from models.learner import OptimizerGroup, Phase

State = dict[str, Tensor]
EPSILON = 1e-8  # torch's default, which the paper and the baselines keep
STEP = {"adam": adam, "adamw": adamw}


class GroupOptimizer:
    """Steps one group of parameters. A parameter without gradient is left as it is."""

    def __init__(self, group: OptimizerGroup) -> None:
        self.parameters: list[nn.Parameter] = list(group.parameters)
        self._group = group
        # On a GPU the rate lies there: a step that is replayed reads it anew.
        is_there = any(parameter.is_cuda for parameter in self.parameters)
        device = self.parameters[0].device if is_there else None
        self._rate: float | Tensor = group.learning_rate
        if device is not None:
            self._rate = torch.tensor(group.learning_rate, device=device)
        self._state: dict[str, list[Tensor]] = {
            "mean": [torch.zeros_like(p) for p in self.parameters],
            "square": [torch.zeros_like(p) for p in self.parameters],
            "steps": [torch.zeros((), device=p.device) for p in self.parameters],
        }

    def scale_rate(self, factor: float) -> None:
        """Set the learning rate to `factor` times the group's own."""
        rate = factor * self._group.learning_rate
        if isinstance(self._rate, Tensor):
            self._rate.fill_(rate)
        else:
            self._rate = rate

    @torch.no_grad()
    def step(self) -> None:
        """Clip the gradients if the group says so, step, and forget them."""
        group = self._group
        if group.max_grad_norm is not None:
            clip_grad_norm_(self.parameters, group.max_grad_norm)

        moved = [
            (number, parameter, parameter.grad)
            for number, parameter in enumerate(self.parameters)
            if parameter.grad is not None
        ]
        moments = {name: [of[number] for number, _, _ in moved] for name, of in self._state.items()}

        if moved:
            STEP[group.kind](
                [parameter for _, parameter, _ in moved],
                [gradient for _, _, gradient in moved],
                moments["mean"],
                moments["square"],
                [],
                moments["steps"],
                fused=True,
                amsgrad=False,
                beta1=group.betas[0],
                beta2=group.betas[1],
                lr=self._rate,
                weight_decay=group.weight_decay,
                eps=EPSILON,
                maximize=False,
            )

        for parameter in self.parameters:
            parameter.grad = None

    def state(self) -> State:
        """Moments and step counts, by name and number of the parameter."""
        return {
            f"{name}.{number}": value
            for name, values in self._state.items()
            for number, value in enumerate(values)
        }

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Continue from what `state` gave."""
        for key, value in self.state().items():
            value.copy_(state[key])


class PhaseOptimizers:
    """All optimisers of a phase, stepped together or one group at a time."""

    def __init__(self, phase: Phase) -> None:
        self.groups = [GroupOptimizer(group) for group in phase.groups]

    def scale_rates(self, factor: float) -> None:
        """Scale the learning rate of every group."""
        for group in self.groups:
            group.scale_rate(factor)

    def forget_gradients(self) -> None:
        """As after a step: what a backward pass that was broken off has left is not added to."""
        for group in self.groups:
            for parameter in group.parameters:
                parameter.grad = None

    def step(self) -> None:
        """Step every group on the gradients at hand."""
        for group in self.groups:
            group.step()

    def state(self) -> State:
        """State of all groups, by number of the group."""
        return {
            f"{number}.{name}": value
            for number, group in enumerate(self.groups)
            for name, value in group.state().items()
        }

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Continue from what `state` gave."""
        for number, group in enumerate(self.groups):
            group.load_state({k.removeprefix(f"{number}."): v for k, v in state.items()})
