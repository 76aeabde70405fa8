"""A network's loss on all rows, wherever they are: the one objective of everything that walks.

    L(θ) = (1/n) Σᵢ wᵢ l(zᵢ, yᵢ) + ½ λ Σ W²          weights with mean 1, λ = l2

    Walked     θ, the mean, the penalty, what is counted
    points     what is asked when, each number once
    walks      the sums over samples: from threads, a disk, many machines, a GPU

Z¹ + α Ż¹ gathers rounding; `advance` asks for a fresh point every 50 iterations, which walks Z¹ anew (in
the same pass), and a run resumed there has the same bits.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import numpy as np

from surefoot.arrays import Array, Vector, frozen
from surefoot.compute.dense import trial_cost
from surefoot.compute.points import WalkedPoint
from surefoot.compute.walks import Walks
from surefoot.descent.objective import Known, Meter
from surefoot.network import Network
from surefoot.records import Cost


class Walked:
    """The Objective of `rows` samples that `walks` adds up over.

    Parameters
    ----------
    network : the network.   walks : see `walks`; closed with the objective.   rows : n, of all samples.
    scale : what the data are divided by.   l2 : λ >= 0, on weights, not on biases.
    dtype : float64 or float32, the precision of all that is computed; sums over samples are float64.
    """

    def __init__(
        self,
        network: Network,
        walks: Walks,
        rows: int,
        *,
        scale: float = 1.0,
        l2: float = 0.0,
        dtype: type[np.floating[Any]] = np.float64,
    ) -> None:
        self.network, self.walks, self.rows = network, walks, rows
        self.scale, self.l2, self.dtype = float(scale), float(l2), dtype
        self.meter = Meter()
        self.layout, self.size = network.layout, network.size
        self.blocks, self.place = self.layout.slices, self.layout.place
        self.analytic = network.f.analytic
        self.epsilon = float(np.finfo(dtype).eps)
        self.front = network.sizes[0] * network.sizes[1]  # theta = [W¹, rest]

    @property
    def choice(self) -> str:
        """What computes, and why."""
        return self.walks.choice

    @property
    def cost(self) -> Cost:
        return self.meter.cost

    @property
    def trial_cost(self) -> float:
        """As `dense` has it, so that `auto` chooses the same search wherever it runs."""
        return trial_cost(self.network)

    def at(self, theta: Vector, known: Known | None = None) -> WalkedPoint:
        return WalkedPoint(self, frozen(np.asarray(theta)), known=known)

    def first_weights(self, theta: Array) -> Array:
        """W¹ (d, d_1) in the working precision, divided by the scale."""
        W = theta[: self.front].reshape(self.network.sizes[:2]).astype(self.dtype, copy=False)
        return np.asarray(W / self.dtype(self.scale))

    def mean(self, first: Array, behind: Array) -> Vector:
        """The gradient of the mean loss from sums over the samples, first (d, d_1) and behind (rest)."""
        flat = np.empty(self.size)
        np.multiply(first, 1 / (self.rows * self.scale), out=flat[: self.front].reshape(first.shape))
        np.multiply(behind, 1 / self.rows, out=flat[self.front :])
        return flat

    def penalty(self, theta: Array, other: Array) -> float:
        if not self.l2:
            return 0.0
        weights = self.layout.is_weight
        return float(0.5 * self.l2 * (theta[weights] @ other[weights]))

    def l2_gradient(self, theta: Vector) -> Vector | float:
        return self.l2 * np.where(self.layout.is_weight, theta, 0.0) if self.l2 else 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.walks.close()
