"""The fast objective: data in memory as they came, compiled kernels or BLAS on blocks, threads.

The same numbers as `dense`, to rounding, and the same passes.  All rows are one `Shard`; 1 / scale goes
into W¹ and into the gradient.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.compute.dense import Dense, DensePoint, relative_weights, require_fit
from surefoot.compute.desk import Desk
from surefoot.compute.points import WalkedPoint
from surefoot.compute.shard import Shard, as_walked
from surefoot.compute.walked import Walked
from surefoot.descent.objective import Known
from surefoot.network import Network


class Packed(Walked):
    """A network's loss on data in the type in which they came.

    Parameters
    ----------
    network : the network.
    X : (n, d) uint8, float32 or float64 (others become floats); the network sees X / scale.
    y : labels (n,) or targets (n, k), as the network's loss wants them.
    scale : what X is divided by.
    l2 : λ >= 0, on weights, not on biases.
    sample_weight : (n,) non-negative, not all zero; None: all equal.
    dtype : float64 or float32, the precision of all that is computed; sums over samples are float64.
    threads : how many work; None: the cores at hand, at most 8.  Results do not depend on it.

    Raises
    ------
    ShapeError, BadValue : arrays that do not fit the network or each other.
    """

    def __init__(
        self,
        network: Network,
        X: Array,
        y: Array,
        *,
        scale: float = 1.0,
        l2: float = 0.0,
        sample_weight: Array | None = None,
        dtype: type[np.floating[Any]] = np.float64,
        threads: int | None = None,
    ) -> None:
        X = np.asarray(X)
        require_fit(network, X, y, l2)
        self.X, self.Y = as_walked(X, dtype), targets(network, y, dtype)
        self.weights = relative_weights(sample_weight, len(X))
        self.desk = Desk(network, dtype, threads)
        shard = Shard(network, self.X, self.Y, mean_one(self.weights, dtype), self.desk)
        super().__init__(network, shard, len(X), scale=scale, l2=l2, dtype=dtype)

    def at(self, theta: Vector, known: Known | None = None) -> WalkedPoint | DensePoint:  # type: ignore[override]
        """A complex step checks derivatives: the plain path knows how."""
        complex_step = np.asarray(theta).dtype.kind == "c"
        return self.plain.at(theta, known) if complex_step else super().at(theta, known)

    @cached_property
    def plain(self) -> Dense:
        """The plain objective on the same data, widened: for verification of a few rows."""
        X = np.divide(self.X, self.scale, dtype=self.dtype, casting="same_kind")
        return Dense(self.network, X, self.Y, l2=self.l2, sample_weight=self.weights, dtype=self.dtype)

    def sweep(self, theta: Array, h: complex) -> Array:
        """Losses at all θ + h eᵢ, shape (P,); complex where h is."""
        return self.plain.sweep(theta, h)

    def crossed(self, theta: Array, h: float) -> Array:
        """(P,) True where a perturbation by h moves some pre-activation across a kink."""
        return self.plain.crossed(theta, h)

    def in_double(self) -> Packed:
        """The same objective in float64."""
        if self.dtype == np.float64:
            return self
        return Packed(
            self.network, self.X, self.Y, scale=self.scale, l2=self.l2,
            sample_weight=self.weights, threads=self.desk.crew.threads,
        )  # fmt: skip


def targets(network: Network, y: Array, dtype: type[np.floating[Any]]) -> Array:
    """Labels (n,) as int32, targets (n, k) in the working precision: as walks want them."""
    Y = network.criterion.targets(y, network.sizes[-1])
    return Y.astype(np.int32 if Y.dtype.kind == "i" else dtype)


def mean_one(weights: Array | None, dtype: type[np.floating[Any]]) -> Array | None:
    """Relative weights (Σ = 1) as walks want them: with mean 1, in the working precision."""
    return None if weights is None else (weights * len(weights)).astype(dtype)
