"""The plain objective on inputs that are mostly zero: the first layer multiplies stored entries only.

    Z¹ = X W¹ + b¹          one pass costs nnz · d_1 multiplications instead of n · d · d_1
    ∂L/∂W¹ = Xᵀ D¹          nnz · d_1

X is compressed by rows (SciPy's CSR) and stays so; Z¹ and everything behind it is dense, and is what
`Dense` computes.  Only the sweep of a gradient check looks at single entries: it makes a few rows
dense at a time, for it leaves out what is zero by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.compute.dense import Dense
from surefoot.errors import BadValue
from surefoot.network.sweep import crossed, sweep

BLOCK = 1 << 20  # numbers of a block of rows that is made dense


class Sparse(Dense):
    """A network's loss on data held as a CSR matrix of SciPy; see `Dense` for the parameters.

    Raises
    ------
    BadValue : X is not a CSR matrix or array.   ShapeError : as for Dense.
    """

    choice = "sparse: the first layer multiplies the stored entries only; NumPy behind it"

    @staticmethod
    def matrix(X: Any, dtype: type[np.floating[Any]]) -> Any:
        """X with entries of the wanted precision; no copy when it has it."""
        if getattr(X, "format", None) != "csr":
            raise BadValue(f"X is a {type(X).__name__}; the sparse objective wants CSR: pass X.tocsr().")
        return X.astype(dtype, copy=False)

    def sweep(self, theta: Array, h: complex) -> Array:
        """Losses at all θ + h eᵢ, shape (P,): block by block of rows, each made dense."""
        T, weights = np.asarray(theta), self.layout.is_weight
        total: Any = 0.0
        for rows, X in self._dense_blocks():
            w = None if self.weights is None else self.weights[rows]
            share = len(X) / self.rows if w is None else w.sum()
            if share:
                total = total + share * sweep(self.network, T, X, self.Y[rows], w, h)
        moved: Array = total + self.penalty(T, T) + 0.5 * self.l2 * np.where(weights, 2 * h * T + h * h, 0)
        return moved

    def crossed(self, theta: Array, h: float) -> Array:
        """(P,) True where a perturbation by h moves some pre-activation across a kink."""
        near = np.zeros(self.size, bool)
        if not self.analytic:
            for _, X in self._dense_blocks():
                near |= crossed(self.network, theta, X, h)
        return near

    def _dense_blocks(self) -> Iterator[tuple[slice, Array]]:
        n = max(1, BLOCK // self.X.shape[1])
        for start in range(0, self.rows, n):
            rows = slice(start, min(start + n, self.rows))
            block: Any = self.X[rows]
            yield rows, block.toarray()
