"""Where to measure: f a little forward and backward along every parameter, or along random directions.

A set of probes is a list of directions pᵢ from theta, grouped into the blocks of theta, with

    values(where, h)   f(theta + h uᵢ pᵢ) for the probes in `where`; NaN where f is not defined
    unit               uᵢ, the scale on which a step of h is small: max(1, |xᵢ|) for anybody's function
    project(g)         gᵀ pᵢ, what a gradient g says the slopes are
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.verification.subject import Checkable, blocks

STEP = 1e-5  # the best step of a central difference in problems of unit scale: error 5e-10 of max|g|


class Probes(Protocol):
    unit: Vector
    blocks: dict[str, Array]  # name -> which probes

    def values(self, where: Array, h: float) -> Vector: ...
    def project(self, gradient: Vector) -> Vector: ...


def value_at(objective: Checkable, theta: Vector) -> float:
    """f, or NaN where it is not defined; only for places beside the one that is checked."""
    with np.errstate(all="ignore"):
        try:
            return float(objective.at(theta).value)
        except (ArithmeticError, ValueError):  # math.log(-1e-6) and the like
            return float("nan")


class Coordinates:
    """Every parameter by itself; all in one sweep where the objective has one."""

    def __init__(self, objective: Checkable, theta: Vector) -> None:
        self.objective, self.theta = objective, theta
        self.sweep = getattr(objective, "sweep", None)
        self.unit = np.ones(theta.size) if self.sweep else np.maximum(1.0, np.abs(theta))
        self.blocks = {name: np.arange(theta.size)[s] for name, s in blocks(objective, theta).items()}
        self._swept: dict[float, Vector] = {}

    def values(self, where: Array, h: float) -> Vector:
        if self.sweep is None:
            return np.array([self._one(i, h) for i in where.tolist()])
        if h not in self._swept:
            self._swept[h] = self.sweep(self.theta, h)
        return self._swept[h][where]

    def _one(self, i: int, h: float) -> float:
        beside = self.theta.copy()
        beside[i] += h * self.unit[i]
        return value_at(self.objective, beside)

    def project(self, gradient: Vector) -> Vector:
        return gradient


class Directions:
    """A few random directions in every block, entries ±u / √(block size): for problems too large for more.

    Any wrong entry changes the slope along every one of them.
    """

    def __init__(
        self, objective: Checkable, theta: Vector, rng: int | np.random.Generator, each: int
    ) -> None:
        self.objective, self.theta = objective, theta
        self.places = blocks(objective, theta)
        self.blocks = {name: np.arange(each) + each * k for k, name in enumerate(self.places)}
        self.each, self.unit = each, np.ones(each * len(self.places))
        self.seeds = np.random.default_rng(rng).integers(2**32, size=self.unit.size).tolist()

    def direction(self, i: int) -> Vector:
        """pᵢ, shape (P,)."""
        where = list(self.places.values())[i // self.each]
        signs = np.random.default_rng(self.seeds[i]).choice([-1.0, 1.0], where.stop - where.start)
        return self._spread(signs, np.arange(where.start, where.stop))

    def _spread(self, signs: Vector, where: Array) -> Vector:
        p = np.zeros(self.theta.size)
        p[where] = signs * np.maximum(1.0, np.abs(self.theta[where])) / np.sqrt(where.size)
        return p

    def values(self, where: Array, h: float) -> Vector:
        return np.array([self._value(self.direction(i), h) for i in where.tolist()])

    def _value(self, p: Vector, h: float) -> float:
        return value_at(self.objective, self.theta + h * p)

    def project(self, gradient: Vector) -> Vector:
        return np.array([gradient @ self.direction(i) for i in range(self.unit.size)])

    def locate(self, i: int, gradient: Vector) -> int:
        """Which parameter spoils the slope along pᵢ: halve, keep the worse half, until one is left."""
        p = self.direction(i)
        where = np.flatnonzero(p)
        while where.size > 1:
            where = max(
                np.array_split(where, 2), key=lambda half: self._gap(np.sign(p[half]), half, gradient)
            )
        return int(where[0])

    def _gap(self, signs: Vector, where: Array, gradient: Vector) -> float:
        p, h = self._spread(signs, where), STEP
        return float(abs((self._value(p, h) - self._value(p, -h)) / (2 * h) - gradient @ p))
