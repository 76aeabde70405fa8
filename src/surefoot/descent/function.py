"""Anybody's function as an Objective: Rosenbrock is minimised, checked and drawn like MNIST.

    FunctionObjective   f(x), ∇f(x), optionally ∇²f(x) v
    ResidualObjective   f(x) = ½ r(x)ᵀ r(x),   ∇f = Jᵀ r,   Gauss-Newton  Jᵀ J v

Here a value is counted as one pass and a gradient as another, as a network's would be.

Source of the residual form: Nocedal & Wright, Numerical Optimization, 2nd ed. (2006), eqs. (10.1)-(10.5).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from surefoot.arrays import Array, Vector, frozen, is_finite
from surefoot.descent.objective import EPSILON, Known, Meter, Track
from surefoot.errors import BadValue, ShapeError
from surefoot.records import Cost


class FunctionObjective:
    """f with its gradient, as an Objective.

    Parameters
    ----------
    f : x (P,) -> float.
    gradient : x -> (P,).
    value_and_gradient : x -> (float, (P,)), instead of the two, where they share work.
    hessian_vector : x, v -> (P,), optional; gives exact curvature along rays and Newton methods.
    size : P, when it should be checked.

    Raises
    ------
    BadValue : neither f with gradient nor value_and_gradient is given.

    >>> bowl = FunctionObjective(lambda x: float(x @ x), lambda x: 2 * x)
    >>> bowl.at(np.ones(3)).value
    3.0
    """

    trial_cost = 0.5  # a value is one pass, a value and gradient two

    def __init__(
        self,
        f: Callable[[Vector], Any] | None = None,
        gradient: Callable[[Vector], Array] | None = None,
        *,
        value_and_gradient: Callable[[Vector], tuple[Any, Array]] | None = None,
        hessian_vector: Callable[[Vector, Vector], Array] | None = None,
        size: int = 0,
    ) -> None:
        if value_and_gradient is None and (f is None or gradient is None):
            raise BadValue("A function needs its gradient: give f and gradient, or value_and_gradient.")
        self.f, self.gradient, self.both = f, gradient, value_and_gradient
        self.hessian_vector = hessian_vector
        self.gauss_newton_vector: Callable[[Vector, Vector], Array] | None = None
        self.size = size
        self.meter = Meter()

    @property
    def cost(self) -> Cost:
        return self.meter.cost

    def at(self, theta: Vector, known: Known | None = None) -> FunctionPoint:
        theta = frozen(np.asarray(theta, np.float64))
        if theta.ndim != 1 or (self.size and theta.size != self.size):
            raise ShapeError(f"x has shape {theta.shape}; pass a vector of shape ({self.size or 'P'},).")
        return FunctionPoint(self, theta, known)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class ResidualObjective(FunctionObjective):
    """½ r(x)ᵀ r(x) with r: x (P,) -> (m,) and its Jacobian J: x -> (m, P)."""

    def __init__(
        self, r: Callable[[Vector], Array], jacobian: Callable[[Vector], Array], *, size: int = 0
    ) -> None:
        super().__init__(lambda x: 0.5 * float(np.sum(r(x) ** 2)), lambda x: jacobian(x).T @ r(x), size=size)

        def gauss_newton_vector(x: Vector, v: Vector) -> Array:
            J = jacobian(x)
            return J.T @ (J @ v)

        self.gauss_newton_vector = gauss_newton_vector


class FunctionPoint:
    """x, with f(x) and ∇f(x) on demand; everything asked at one x is one evaluation."""

    outputs = None

    def __init__(
        self,
        objective: FunctionObjective,
        theta: Vector,
        known: Known | None = None,
        arrival: FunctionTrack | None = None,
    ) -> None:
        self.objective, self.theta, self.arrival = objective, theta, arrival
        self._counted = known is not None
        if known is not None:
            self.__dict__["value"], self.__dict__["gradient"] = known

    def _count(self, passes: int) -> None:
        self.objective.meter.add(passes=passes, evaluations=0 if self._counted else 1)
        self._counted = True

    @cached_property
    def _both(self) -> tuple[float, Vector]:
        assert self.objective.both is not None
        self._count(passes=2)
        value, gradient = self.objective.both(self.theta)
        return _number(value), self._checked(gradient)

    @cached_property
    def value(self) -> float:
        if self.objective.f is None:
            return self._both[0]
        self._count(passes=1)
        return _number(self.objective.f(self.theta))

    @cached_property
    def gradient(self) -> Vector:
        if self.objective.gradient is None:
            return self._both[1]
        self._count(passes=1)
        return self._checked(self.objective.gradient(self.theta))

    def _checked(self, gradient: Array) -> Vector:
        gradient = np.asarray(gradient, np.float64)
        if gradient.shape != self.theta.shape:
            raise ShapeError(
                f"The gradient has shape {gradient.shape}, but x has shape {self.theta.shape}. "
                "Return one derivative per parameter."
            )
        return frozen(gradient)

    def ray(self, p: Vector) -> FunctionRay:
        return FunctionRay(self, p)

    def hessian_vector(self, v: Vector) -> Vector:
        """∇²f(x) v, or differences of gradients where no product was given (h = √ε scaled)."""
        if self.objective.hessian_vector is not None:
            self.objective.meter.add(passes=2)
            return np.asarray(self.objective.hessian_vector(self.theta, v), np.float64)
        reach = float(np.linalg.norm(v))
        if reach == 0 or not np.isfinite(reach):
            return np.zeros_like(v)
        h = EPSILON ** (1 / 3) * (1 + float(np.linalg.norm(self.theta))) / reach
        ahead, behind = self.objective.at(self.theta + h * v), self.objective.at(self.theta - h * v)
        return np.asarray((ahead.gradient - behind.gradient) / (2 * h))

    def gauss_newton_vector(self, v: Vector) -> Vector:
        if self.objective.gauss_newton_vector is None:
            return self.hessian_vector(v)
        self.objective.meter.add(passes=2)
        return np.asarray(self.objective.gauss_newton_vector(self.theta, v), np.float64)


class FunctionTrack(NamedTuple):
    """A direction alone: a function has no data to be multiplied with it."""

    p: Vector


class FunctionRay:
    """φ(α) = f(x + α p), one FunctionPoint per α."""

    def __init__(self, origin: FunctionPoint, p: Vector) -> None:
        self.origin, self.p = origin, p
        self.track = FunctionTrack(p)
        self.trial_cost = origin.objective.trial_cost
        self._points: dict[float, FunctionPoint] = {0.0: origin}

    @cached_property
    def slope0(self) -> float:
        return float(self.origin.gradient @ self.p)

    @property
    def noise(self) -> float:
        return EPSILON * abs(self.origin.value)

    def point(self, alpha: float) -> FunctionPoint:
        if alpha not in self._points:
            theta = frozen(self.origin.theta + alpha * self.p)
            self._points[alpha] = FunctionPoint(self.origin.objective, theta, arrival=self.track)
        return self._points[alpha]

    def value(self, alpha: float) -> float:
        return self.point(alpha).value

    def slope(self, alpha: float) -> float:
        gradient = self.point(alpha).gradient
        return float(gradient @ self.p) if is_finite(gradient) else float("nan")

    def curvature(self, alpha: float) -> float | None:
        if self.origin.objective.hessian_vector is None:
            return None
        return float(self.p @ self.point(alpha).hessian_vector(self.p))

    def combine(self, a: float, other: Track, b: float) -> FunctionRay:
        return FunctionRay(self.origin, a * self.p + b * other.p)


def _number(value: Any) -> float:
    if np.size(value) != 1:
        raise ShapeError(f"f returned shape {np.shape(value)}; it must return one number.")
    return float(np.asarray(value).reshape(()))
