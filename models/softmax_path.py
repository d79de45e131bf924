"""Softmax regression at one strength after another, in coordinates where that is easy.

    C * sum_i v_i (-log softmax(W x_i + b)_{y_i}) + 1/2 ||W||^2

with v_i the weight of row i's class. W has no part outside what the centred rows span, so it lives
on their principal axes: x - mean = V z, fewer coordinates z than x had where rows are few. Along
axis j, with s_j^2 the sum of squares of z_j, the curvature is near 1 + h C s_j^2: dividing by its
root makes all directions alike, and L-BFGS (Liu and Nocedal 1989, scipy's) needs fewer steps than
on x itself. Axes are found once for all strengths; each strength starts at the optimum before.

Of two classes the first stands at 0 and the second alone is pulled, as scikit-learn has it.
Shapes: N rows, D features, R axes, K classes that some row has, F of them free (1 of two).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

MAX_STEPS, MEMORY = 1000, 20
TOLERANCE = 3e-5  # of the gradient's largest entry, over the root of C times the rows' weight
FLAT = 1e-12  # of the largest sum of squares: axes below are rounding


class SoftmaxPath:
    """The rows (N, D) float64 on their axes; `known`: classes (K,) int64 that `target` has."""

    def __init__(self, features: Tensor, target: Tensor, class_weights: Tensor | None) -> None:
        self.known, self.target = torch.unique(target.long(), return_inverse=True)
        self.mean = features.mean(dim=0)
        centred = features - self.mean
        self.squares, self.axes = _principal_axes(centred)
        self.rows = centred @ self.axes  # (N, R)

        by_class = features.new_ones(len(self.known))
        if class_weights is not None:
            by_class = class_weights.double().cpu()[self.known]
        self.weights = by_class[self.target]  # (N,)
        self.total = self.weights.sum()

        n_free = 1 if len(self.known) == 2 else len(self.known)
        self.point = features.new_zeros(n_free, len(self.squares) + 1)  # W on the axes, then b

    def fit(self, strength: float) -> tuple[Tensor, Tensor]:
        """W (K, D) and b (K,) at the optimum for C = `strength`, which the next fit starts at."""
        share = strength / len(self.known)  # 1 / K: no less than p (1 - p) of classes alike
        scale = torch.cat([1 + share * self.squares, (share * self.total).reshape(1)]).rsqrt()
        limit = TOLERANCE * float(strength * self.total) ** 0.5
        start = (self.point / scale).flatten().numpy()
        options = {"maxiter": MAX_STEPS, "maxcor": MEMORY, "gtol": limit, "ftol": 0.0}
        found = minimize(
            self._value, start, (scale, strength), jac=True, method="L-BFGS-B", options=options
        )

        self.point = torch.from_numpy(found.x).view_as(self.point) * scale
        slopes, shifts = self.point[:, :-1] @ self.axes.T, self.point[:, -1]
        return self._with_fixed(slopes), self._with_fixed(shifts - slopes @ self.mean)

    def _value(
        self, flat: NDArray[np.float64], scale: Tensor, strength: float
    ) -> tuple[float, NDArray[np.float64]]:
        """What is minimised, and its gradient by `flat`, (F, R + 1) in easy coordinates."""
        point = torch.from_numpy(flat).view_as(self.point) * scale
        slopes, shifts = point[:, :-1], point[:, -1]
        told = self._with_fixed(slopes @ self.rows.T + shifts[:, None]).log_softmax(dim=0)  # (K, N)
        true = told.gather(0, self.target[None])[0]
        value = slopes.square().sum() / 2 - strength * (self.weights * true).sum()

        error = told.exp().scatter_add(0, self.target[None], -torch.ones_like(true)[None])
        error = strength * self.weights * error[-len(point) :]
        gradient = torch.cat([error @ self.rows + slopes, error.sum(dim=1, keepdim=True)], dim=1)
        return float(value), (gradient * scale).flatten().numpy()

    def _with_fixed(self, free: Tensor) -> Tensor:
        """(F, ...) -> (K, ...): of two classes the first is at 0."""
        return torch.cat([torch.zeros_like(free), free]) if len(self.known) == 2 else free


def _principal_axes(centred: Tensor) -> tuple[Tensor, Tensor]:
    """(N, D) -> sums of squares (R,) along axes (D, R), by the smaller of both products."""
    is_tall = len(centred) >= centred.shape[1]
    squares, vectors = torch.linalg.eigh(centred.T @ centred if is_tall else centred @ centred.T)
    kept = squares > FLAT * squares.max().clamp(min=torch.finfo(squares.dtype).tiny)
    squares, vectors = squares[kept], vectors[:, kept]
    return squares, vectors if is_tall else centred.T @ vectors / squares.sqrt()
