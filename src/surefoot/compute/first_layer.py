"""Products of the data with the first layer, block of rows by block of rows, the data as they came.

    forward    Z = Wᵀ Xᵀ       (units, rows of the block)
    backward   G += D X        (units, d), added in float64

Two ways.  Compiled: pixels become floats in registers; best for thin layers.  BLAS: a block of rows is
turned into floats in a buffer that stays in cache, then multiplied; best for wide ones, and what is left
without Numba.  `units` are the rows that Z and D have: the compiled kernels want whole tiles.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from surefoot.arrays import Array

THIN = 24  # up to so many units the compiled products are faster than BLAS (784 inputs: equal near 32)
TILE = 6  # units that the compiled products work on together


class Products(Protocol):
    """Blocks are rows start .. start + m of the data; `worker` says whose buffers to use."""

    @property
    def units(self) -> int: ...
    def weights(self, W: Array) -> Array:
        """W (d, d_1) as `forward` wants it: (units, d), divided by the scale."""
        ...

    def forward(self, W: Array, start: int, Z: Array, worker: int) -> None: ...
    def backward(self, D: Array, start: int, G: Array, worker: int) -> None: ...


class Compiled:
    """Kernels of `products`."""

    def __init__(self, X: Array, d_1: int, real: Any, scale: float) -> None:
        from surefoot.compute import products

        self.X, self.real, self.scale = X, real, scale
        self.units = padded(d_1)
        self.edges = products.edges(X)
        self._forward, self._backward = products.forward, products.backward

    def weights(self, W: Array) -> Array:
        whole = np.zeros((self.units, len(W)), self.real)
        whole[: W.shape[1]] = W.T / self.real(self.scale)
        return whole

    def forward(self, W: Array, start: int, Z: Array, worker: int) -> None:
        self._forward(self.X, self.edges, W, Z, start)

    def backward(self, D: Array, start: int, G: Array, worker: int) -> None:
        self._backward(self.X, self.edges, D, G, start)


class Blas:
    """Matrix products on blocks of at most `rows` rows."""

    def __init__(self, X: Array, d_1: int, real: Any, scale: float, workers: int, rows: int) -> None:
        self.X, self.real, self.scale, self.units = X, real, scale, d_1
        d = X.shape[1]
        self._buffers = [] if X.dtype == real else [np.empty((rows, d), real) for _ in range(workers)]
        self._parts = [np.empty((d_1, d), real) for _ in range(workers)]

    def weights(self, W: Array) -> Array:
        return np.ascontiguousarray(W.T / self.real(self.scale), self.real)

    def forward(self, W: Array, start: int, Z: Array, worker: int) -> None:
        np.matmul(W, self._floats(start, Z.shape[1], worker).T, out=Z)

    def backward(self, D: Array, start: int, G: Array, worker: int) -> None:
        G += np.matmul(D, self._floats(start, D.shape[1], worker), out=self._parts[worker])

    def _floats(self, start: int, m: int, worker: int) -> Array:
        if not self._buffers:
            return self.X[start : start + m]
        buffer = self._buffers[worker][:m]
        np.copyto(buffer, self.X[start : start + m], casting="same_kind")
        return buffer


def padded(units: int) -> int:
    """`units` rounded up to a multiple of TILE."""
    return -(-units // TILE) * TILE
