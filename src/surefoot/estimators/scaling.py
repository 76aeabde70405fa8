"""Inputs and targets in units of their own spread: what the network sees and is asked for.

    z = (x - mean) / scale          mean, scale per column, weighted as the samples are
    scale = √(Σ w (x - mean)² / Σ w)        1 where a column is constant
    sparse inputs: mean = 0, scale = √(Σ w x² / Σ w), so that zeros stay zeros

Squares of values beyond 1e154 overflow and those below 1e-154 vanish, so every column is first
multiplied by the power of two that brings its largest entry to [½, 1); that is exact.  The mean is then
taken of differences from the middle of the column, which keeps the digits of 1e16 + {0, 2}.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector

BLOCK = 1 << 20  # numbers worked on in one go
HUGE = 1e290  # beyond it a difference of two numbers may overflow
SHRINK = 2.0**-64


@dataclass(frozen=True)
class Scaling:
    """What a column is shifted and divided by.

    mean, scale : (d,) in the column's own units; scale > 0.   constant : (d,) True where nothing varies.
    """

    mean: Vector
    scale: Vector
    constant: Array

    @classmethod
    def none(cls, d: int) -> Scaling:
        """The scaling that changes nothing."""
        return cls(np.zeros(d), np.ones(d), np.zeros(d, bool))

    @classmethod
    def of(cls, X: Any, weights: Vector | None = None) -> Scaling:
        """The scaling that gives the samples mean 0 and mean square 1; of CSR: mean square 1.

        X : (n, d) finite floats or CSR.   weights : (n,) positive; None: all equal.
        """
        w = np.full(X.shape[0], 1 / X.shape[0]) if weights is None else weights / weights.sum()
        if hasattr(X, "format"):
            return cls._of_csr(X, w)
        n, d = X.shape
        mean, scale, constant = np.zeros(d), np.ones(d), np.zeros(d, bool)
        step = max(1, BLOCK // n)
        for start in range(0, d, step):
            columns = slice(start, start + step)
            block = np.asarray(X[:, columns], np.float64)
            mean[columns], scale[columns], constant[columns] = _moments(block, w)
        return cls(mean, scale, constant)

    @classmethod
    def _of_csr(cls, X: Any, w: Vector) -> Scaling:
        d = X.shape[1]
        values, columns = X.data.astype(np.float64), X.indices
        largest = np.zeros(d)
        np.maximum.at(largest, columns, np.abs(values))
        up = _exponent(largest)
        squares = np.ldexp(values, -up[columns]) ** 2 * np.repeat(w, np.diff(X.indptr))
        root = np.sqrt(np.bincount(columns, squares, minlength=d))
        return cls(np.zeros(d), _positive(np.ldexp(root, up), largest == 0), largest == 0)

    def apply(self, X: Any, dtype: Any = np.float64) -> Any:
        """(X - mean) / scale, (n, d) of the given float type; CSR stays CSR."""
        if hasattr(X, "format"):
            data = (X.data / self.scale[X.indices]).astype(dtype)
            return type(X)((data, X.indices, X.indptr), shape=X.shape)
        Z = np.empty(X.shape, dtype)
        step = max(1, BLOCK // X.shape[1])
        for start in range(0, len(X), step):
            rows = slice(start, start + step)
            Z[rows] = self._scaled(np.asarray(X[rows], np.float64))
        return Z

    def _scaled(self, X: Array) -> Array:
        large = (np.abs(self.mean) > HUGE) | (self.scale > HUGE)
        if not large.any() and not (np.abs(X) > HUGE).any():
            plain: Array = (X - self.mean) / self.scale
            return plain
        by = np.where(large | (np.abs(X).max(axis=0) > HUGE), SHRINK, 1.0)
        scaled: Array = (X * by - self.mean * by) / (self.scale * by)
        scaled[np.abs(scaled) < np.finfo(np.float64).tiny] = 0.0  # beside 1e308 a 1 is nothing, and slow
        return scaled

    def undo(self, Z: Array) -> Array:
        """mean + scale z, (n, d): the way back, for targets."""
        by = np.where((np.abs(self.mean) > HUGE) | (self.scale > HUGE), SHRINK, 1.0)
        back: Array = (self.mean * by + (self.scale * by) * Z) / by
        return back


def _moments(X: Array, w: Vector) -> tuple[Array, Array, Array]:
    """Mean, scale and constancy of the columns of X (n, c); w (n,) sums to 1."""
    low, high = X.min(axis=0), X.max(axis=0)
    constant = low == high
    up = _exponent(np.maximum(np.abs(low), np.abs(high)))
    middle = np.ldexp(low, -up) / 2 + np.ldexp(high, -up) / 2
    U = np.ldexp(X, -up) - middle
    shift = w @ U
    U -= shift
    root = np.sqrt(w @ (U * U))
    mean = np.where(constant, low, np.ldexp(middle + shift, up))
    return mean, _positive(np.ldexp(root, up), constant), constant


def _exponent(largest: Array) -> Array:
    """e with largest · 2^-e in [½, 1); 0 for 0."""
    return np.asarray(np.frexp(largest)[1])


def _positive(scale: Array, constant: Array) -> Array:
    """1 for what is constant, and the smallest number for what rounds to nothing."""
    return np.where(constant, 1.0, np.maximum(scale, 5e-324))
