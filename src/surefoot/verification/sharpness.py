"""Sharpness: the largest eigenvalue of the Hessian, by Lanczos on exact products.

    H Q = Q T + ...,   T tridiagonal, (k, k);   λ_max(T) → λ_max(H) from below

Gradient descent with a constant step α is stable where λ_max < 2/α; drawn beside 2/α it tells why
a fixed step starts to jump.  Each product costs two passes over the data.

Sources: Golub & Van Loan, Matrix Computations, 4th ed. (2013), Alg. 10.1.1; Cohen et al., ICLR (2021).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surefoot.arrays import Vector


def sharpness(
    product: Callable[[Vector], Vector],
    size: int,
    *,
    products: int = 20,
    tolerance: float = 1e-3,
    rng: int = 0,
) -> float:
    """λ_max of the symmetric matrix (P, P) whose products with vectors `product` gives.

    products : at most so many; fewer when λ_max changes by less than `tolerance`, relative.
    """
    q = np.random.default_rng(rng).normal(size=size)
    basis = [q / np.linalg.norm(q)]
    diagonal: list[float] = []
    beside: list[float] = []
    top = -np.inf
    for _ in range(min(products, size)):
        w = product(basis[-1])
        diagonal.append(float(basis[-1] @ w))
        for _ in range(2):  # orthogonalise fully, twice: Lanczos vectors lose it to rounding
            for b in basis:
                w = w - (b @ w) * b
        before, top = top, float(np.linalg.eigvalsh(_tridiagonal(diagonal, beside))[-1])
        norm = float(np.linalg.norm(w))
        if abs(top - before) <= tolerance * abs(top) or norm <= 1e-12 * max(1.0, abs(top)):
            break
        beside.append(norm)
        basis.append(w / norm)
    return top


def _tridiagonal(diagonal: list[float], beside: list[float]) -> Vector:
    off = beside[: len(diagonal) - 1]
    return np.asarray(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
