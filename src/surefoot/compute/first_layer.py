"""Products of the data with the first layer, block of rows by block of rows, the data as they came.

    forward    Z = Wᵀ Xᵀ       (units, rows of the block)
    backward   G += D X        (units, d), added in float64

Two ways.  Compiled: pixels become floats in registers; best for thin layers.  BLAS: a block of rows is
turned into floats in a buffer that stays in cache, then multiplied; best for wide ones, and what is left
without Numba.  `units` are the rows that Z and D have: the compiled kernels want whole tiles.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from surefoot.arrays import Array

if TYPE_CHECKING:
    from surefoot.compute.desk import Desk

THIN = 24  # up to so many units the compiled products are faster than BLAS (784 inputs: equal near 32)
TILE = 6  # units that the compiled products work on together


class Products(Protocol):
    """Blocks are rows start .. start + m of the data X; `worker` says whose buffers to use."""

    X: Array

    @property
    def units(self) -> int: ...
    def weights(self, W: Array) -> Array:
        """W (d, d_1) as `forward` wants it: (units, d)."""
        ...

    def forward(self, W: Array, start: int, Z: Array, worker: int) -> None: ...
    def backward(self, D: Array, start: int, G: Array, worker: int) -> None: ...


class Compiled:
    """Kernels of `products`."""

    def __init__(self, X: Array, d_1: int, real: Any) -> None:
        from surefoot.compute import products

        self.X, self.real = X, real
        self.units = padded(d_1)
        self._forward, self._backward, self._edges = products.forward, products.backward, products.edges

    @cached_property
    def edges(self) -> Array:
        """(n, 2): where each row's margins end; a look at the data."""
        found: Array = self._edges(self.X)
        return found

    def weights(self, W: Array) -> Array:
        whole = np.zeros((self.units, len(W)), self.real)
        whole[: W.shape[1]] = W.T
        return whole

    def forward(self, W: Array, start: int, Z: Array, worker: int) -> None:
        self._forward(self.X, self.edges, W, Z, start)

    def backward(self, D: Array, start: int, G: Array, worker: int) -> None:
        self._backward(self.X, self.edges, D, G, start)


class Blas:
    """Matrix products on blocks of rows."""

    def __init__(self, X: Array, d_1: int, real: Any, desk: Desk) -> None:
        self.X, self.real, self.units, self.desk = X, real, d_1, desk

    def weights(self, W: Array) -> Array:
        return np.ascontiguousarray(W.T, self.real)

    def forward(self, W: Array, start: int, Z: Array, worker: int) -> None:
        np.matmul(W, self._floats(start, Z.shape[1], worker).T, out=Z)

    def backward(self, D: Array, start: int, G: Array, worker: int) -> None:
        part = self.desk.room("part", worker, G.shape)
        G += np.matmul(D, self._floats(start, D.shape[1], worker), out=part)

    def _floats(self, start: int, m: int, worker: int) -> Array:
        rows = self.X[start : start + m]
        if rows.dtype == self.real:
            return rows
        buffer = self.desk.room("floats", worker, rows.shape)
        np.copyto(buffer, rows, casting="same_kind")
        return buffer


def padded(units: int) -> int:
    """`units` rounded up to a multiple of TILE."""
    return -(-units // TILE) * TILE
