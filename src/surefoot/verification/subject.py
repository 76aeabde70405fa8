"""What can be checked: any objective, by what it can do, and anybody's function with its gradient.

Wanted of an objective: `at(theta)` gives a point with `value` and `gradient`.  Used when it is there:

    sweep(theta, h)    f at theta + h eᵢ for all i, (P,); also for complex h when `analytic` is True
    crossed(theta, h)  (P,) True where a perturbation by h meets a kink
    in_double()        the same objective in float64: checks are never made in float32
    blocks, place(i)   names of the parts of theta, and of one parameter: W1[3, 0]
    rows               number of samples behind the value
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from surefoot.arrays import Array, Vector, is_finite
from surefoot.errors import BadValue, ShapeError


class Place(Protocol):
    """One place on the surface."""

    @property
    def value(self) -> float: ...
    @property
    def gradient(self) -> Vector: ...


class Checkable(Protocol):
    """All that an objective must do to be checked."""

    def at(self, theta: Vector) -> Place: ...


class Here(NamedTuple):
    """A computed place, and the type in which f answered."""

    value: float
    gradient: Vector


class Function:
    """f and its gradient as the caller wrote them, seen as an objective over flat vectors.

    Both are called with x in the caller's shape, a fresh copy each time.
    """

    def __init__(
        self, f: Callable[[Array], Any], gradient: Callable[[Array], Any], shape: tuple[int, ...]
    ) -> None:
        self.f, self._gradient, self.shape = f, gradient, shape
        self.single = False  # f answered in float32 at least once
        self.blocks = {"x": slice(0, math.prod(shape))}

    def at(self, theta: Vector) -> FunctionPlace:
        return FunctionPlace(self, theta)

    def value(self, theta: Vector) -> float:
        answer = np.asarray(self.f(theta.reshape(self.shape).copy()))
        if answer.size != 1 or answer.dtype.kind not in "fiub":
            raise ShapeError(
                f"f returned {answer.dtype} values of shape {answer.shape}; a gradient check wants one real "
                "number. Return the loss, for example its mean over the samples."
            )
        self.single |= answer.dtype.itemsize < 8 and answer.dtype.kind == "f"
        return float(answer.reshape(()))

    def gradient(self, theta: Vector) -> Vector:
        answer = np.asarray(self._gradient(theta.reshape(self.shape).copy()))
        if answer.size != theta.size or answer.dtype.kind not in "fiu":
            raise ShapeError(
                f"The gradient returned {answer.dtype} values of shape {answer.shape}, but x has shape "
                f"{self.shape}. Return one real number per entry of x, in the same order."
            )
        return answer.astype(np.float64).reshape(-1)

    def place(self, index: int) -> str:
        spot = np.unravel_index(index, self.shape)
        return f"x[{', '.join(str(int(i)) for i in spot)}]" if self.shape else "x"


class FunctionPlace:
    """A point of a Function; nothing is computed before it is asked for."""

    def __init__(self, function: Function, theta: Vector) -> None:
        self.function, self.theta = function, theta

    @property
    def value(self) -> float:
        return self.function.value(self.theta)

    @property
    def gradient(self) -> Vector:
        return self.function.gradient(self.theta)


def subject(arguments: tuple[Any, ...]) -> tuple[Checkable, Vector]:
    """(objective, theta) in float64, from (objective, theta) or (f, gradient, x).

    Raises
    ------
    BadValue : neither of the two forms; entries of theta that are not finite.
    ShapeError : theta is not a vector.
    """
    match arguments:
        case (objective, theta) if hasattr(objective, "at"):
            objective = objective.in_double() if hasattr(objective, "in_double") else objective
        case (f, gradient, theta) if callable(f) and callable(gradient):
            objective = Function(f, gradient, np.shape(theta))
        case _:
            kinds = ", ".join(type(a).__name__ for a in arguments)
            raise BadValue(
                f"check got ({kinds}). Give check(objective, theta), or check(f, gradient, x) with f and "
                "gradient two functions of x."
            )
    point = np.asarray(theta)
    if point.dtype.kind not in "fiu" or not is_finite(point) or point.size == 0:
        raise BadValue("The point to check at must hold finite real numbers. Start from net.initial(rng=0).")
    if point.ndim != 1 and not isinstance(objective, Function):
        raise ShapeError(f"theta has shape {point.shape}; pass one flat vector.")
    return objective, np.array(point, np.float64).reshape(-1)


def here(objective: Checkable, theta: Vector) -> Here:
    """Value and gradient at theta; the gradient a vector like theta.

    Raises
    ------
    ShapeError : the gradient has another length.
    """
    point = objective.at(theta)
    gradient = np.asarray(point.gradient, np.float64)
    if gradient.shape != theta.shape:
        raise ShapeError(
            f"The gradient has shape {gradient.shape}, but theta has shape {theta.shape}. "
            "Return one number per parameter, in the order of theta."
        )
    return Here(float(point.value), gradient)


def blocks(objective: Checkable, theta: Vector) -> dict[str, slice]:
    """Names of the parts of theta; one part named x when the objective has no names."""
    named: dict[str, slice] = dict(getattr(objective, "blocks", None) or {"x": slice(0, theta.size)})
    return named


def place(objective: Checkable, index: int) -> str:
    """The name of one parameter."""
    name = getattr(objective, "place", None)
    return str(name(index)) if name else f"x[{index}]"
