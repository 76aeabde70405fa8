"""What is measured beside the training itself: accuracies, unseen data, a few fixed samples.

A probe computes numbers; views only show them.  Nothing measured here changes the run, and passes
over test data are counted apart from the training's.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.data import Data
from surefoot.descent.objective import Point
from surefoot.descent.state import State
from surefoot.errors import BadValue
from surefoot.network import Network
from surefoot.records import Samples
from surefoot.verification.sharpness import sharpness

BLOCK = 8192  # rows of test data looked at together
SHOWN = 8  # fixed samples in every view


def accuracy(network: Network, Z: Array, y: Array) -> float | None:
    """Fraction of samples whose outputs Z (n, k) name the right class; None for numbers."""
    if network.loss == "cross-entropy":
        return float(np.mean(Z.argmax(axis=1) == y))
    if network.loss == "binary":
        return float(np.mean((Z > 0) == (np.reshape(y, Z.shape) > 0.5)))
    return None


def training_measures(network: Network, here: Point | None, y: Array) -> dict[str, float]:
    """accuracy_train: counted by the objective beside its gradient, or from outputs that it has at hand."""
    if here is None:
        return {}
    if hasattr(here, "accuracy"):
        right = here.accuracy
    else:
        right = None if here.outputs is None else accuracy(network, here.outputs, y)
    return {} if right is None else {"accuracy_train": right}


@dataclass(frozen=True)
class Unseen:
    """Test data, measured every `every` iterations, at the start and at the end."""

    network: Network
    data: Data
    every: int = 10

    def measure(self, theta: Vector) -> dict[str, float]:
        """loss_test and accuracy_test at theta (P,), block by block of rows."""
        loss, right = 0.0, 0.0
        criterion, n = self.network.criterion, self.data.n
        for start in range(0, n, BLOCK):
            rows = slice(start, min(start + BLOCK, n))
            Z = self.network.outputs(theta, self.data.scaled(rows))
            y = self.data.y[rows]
            loss += float(criterion.value(Z, criterion.targets(y, self.network.sizes[-1])).sum())
            right += (accuracy(self.network, Z, y) or 0.0) * len(Z)
        measures = {"loss_test": loss / n}
        if self.network.loss != "squared-error":
            measures["accuracy_test"] = right / n
        return measures


class Along:
    """φ sampled along the step that arrived, for views: it may take a hundredth of the run's time.

    A sample is a tail, never a pass; when the next one is due follows from how long the last one took.
    """

    def __init__(self, samples: int = 25, share: float = 0.01) -> None:
        self.samples, self.share = samples, share
        self._due = 0.0

    def measure(self, state: State) -> Array | None:
        """(m, 2) pairs α, φ(α) from 0 to a quarter beyond the step, or None when it is not due."""
        began = perf_counter()
        if state.ray is None or state.last is None or not state.last.alpha or began < self._due:
            return None
        alphas = np.linspace(0.0, 1.25 * state.last.alpha, self.samples)
        phi = np.array([state.ray.value(float(alpha)) for alpha in alphas])
        now = perf_counter()
        self._due = now + (now - began) / self.share
        return np.column_stack([alphas, phi])


@dataclass(frozen=True)
class Sharpness:
    """The top Hessian eigenvalue, every `every` iterations."""

    every: int

    def __post_init__(self) -> None:
        if not isinstance(self.every, int) or self.every < 1:
            raise BadValue(f"sharpness_every is {self.every!r}; give a whole number of iterations >= 1.")

    def measure(self, state: State) -> dict[str, float]:
        """sharpness at the state's point; a point that was not kept is not measured."""
        here = state.here
        return {} if here is None else {"sharpness": sharpness(here.hessian_vector, state.theta.size)}


def fixed_samples(data: Data, rng: int = 0) -> Samples:
    """Eight samples, the same for every iteration and every run on the same data."""
    rows = np.sort(np.random.default_rng(rng).permutation(data.n)[:SHOWN])
    return Samples(data.X[rows], data.y[rows], tuple(int(row) for row in rows))
