"""When to stop, and which weights to keep.

    gradient     ‖∇L‖ ≤ tol (1 + |L|)                           the loss is flat to first order
    plateau      L_{k-10} - L_k ≤ 10 tol |L_k|                   ten iterations that won next to nothing
    validation   no better validation loss for `patience` iterations; the best weights are kept

The validation loss decides, not the score: it is smooth, where the accuracy of 20 rows has 21 values.
The rows set aside keep the shares of the classes.

Source: Prechelt, Early stopping - but when? (1998), criterion UP_s with strips of one iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.errors import BadValue
from surefoot.estimators.multiset import Distinct
from surefoot.estimators.targets import Targets
from surefoot.network import Network
from surefoot.network.mlp import forward
from surefoot.records import Ending, Step

Score = Callable[[Array, Array, Vector | None], float]  # outputs (n, k), Y, weights -> accuracy or R²
STRIP = 10  # iterations over which a plateau is judged


def settled(steps: Sequence[Step], tol: float) -> Ending | None:
    """The ending by `tol` after these records, else None."""
    last = steps[-1]
    if last.gradient_norm <= tol * (1 + abs(last.value)):
        return Ending("gradient", f"the gradient's norm fell to {last.gradient_norm:.3g}")
    if len(steps) <= STRIP or not tol:
        return None
    fall = steps[-1 - STRIP].value - last.value
    if abs(fall) <= STRIP * tol * abs(last.value):
        return Ending("plateau", f"the loss fell by only {fall:.2g} in the last {STRIP} iterations")
    return None


def outputs(network: Network, theta: Vector, X: Any) -> Array:
    """Outputs of the last layer (n, k) for scaled inputs X, computed in X's own precision."""
    weights = theta.astype(X.dtype, copy=False)
    return forward(X, network.layout.split(weights), network.f)[0]


@dataclass(frozen=True)
class Validation:
    """Samples set aside: X as the network sees them, their targets, weights and score."""

    network: Network
    X: Any
    targets: Targets
    kept: Distinct
    score: Score

    def measure(self, theta: Vector) -> tuple[float, float]:
        """Mean loss, without the weight decay, and score at theta (P,)."""
        Z = outputs(self.network, theta, self.X)
        criterion = self.network.criterion
        losses = criterion.value(Z, criterion.targets(self.targets.Y, self.network.sizes[-1]))
        w = self.kept.weights
        return float(np.average(losses, weights=w)), self.score(Z, self.targets.Y, w)


@dataclass
class Best:
    """The best weights seen on the validation samples; of two equal losses the earlier."""

    patience: int
    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    iteration: int = 0
    theta: Vector | None = None

    def see(self, theta: Vector, loss: float, score: float) -> Ending | None:
        """Take in the next iteration; the ending when patience is over."""
        if self.theta is None or loss < self.losses[self.iteration]:
            self.iteration, self.theta = len(self.losses), theta
        self.losses.append(loss)
        self.scores.append(score)
        if len(self.losses) - 1 - self.iteration < self.patience:
            return None
        return Ending(
            "validation",
            f"the validation loss has not improved for {self.patience} iterations; "
            f"the weights of iteration {self.iteration} are kept",
        )


def split(targets: Targets, n: int, fraction: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Rows to train on and rows set aside, each rising; the classes keep their shares.

    A class with one sample stays in training, and every class leaves one there.

    Raises
    ------
    BadValue : too few rows for a part of each.
    """
    order, groups = rng.permutation(n), targets.groups
    if groups is None:
        aside = order[: round(fraction * n)]
    else:
        aside = np.concatenate([_share(order[groups[order] == g], fraction) for g in np.unique(groups)])
    if not 0 < len(aside) < n:
        raise BadValue(
            f"validation_fraction {fraction:g} of {n} samples sets {len(aside)} aside; early stopping needs "
            "one or more to validate with and to train with: give more samples, or early_stopping=False."
        )
    kept = np.ones(n, bool)
    kept[aside] = False
    return np.flatnonzero(kept), np.flatnonzero(~kept)


def _share(rows: Array, fraction: float) -> Array:
    return rows[: min(round(fraction * len(rows)), len(rows) - 1)]
