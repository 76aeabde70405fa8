"""Walks: all that an objective asks of the machine that holds the data are sums over samples.

    Z¹(α) = Z¹ + α Ż¹ + b¹     the first layer on a line, Z¹ = X W¹ and Ż¹ = X V¹ without their biases

    value      Σ w l                            first a pass over the data, where Z¹ or Ż¹ is wanted
    jet        Σ w l and its two derivatives in α                                       the same
    gradient   Σ w l, how many are right, Σ Xᵀ D¹ and ∂/∂rest; Z¹ + α Ż¹ is written down          a pass
    product    the Hessian or Gauss-Newton matrix times a vector                                two passes

A sum over samples can be made anywhere: by threads, block after block from a disk, on many machines, on
a GPU.  First layers have the data's length and stay where the data are; here they are handles, which
only the walks that made them can open.  A handle is never written to again once it is filled, and what
it stands for is freed with the last reference to it.  W and V come as (d, d_1) in the working precision,
divided by the data's scale: walks know nothing of scale, l2 or 1/n.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from surefoot.arrays import Array, Vector


class Line:
    """θ + α p as walks see it: handles of Z¹ and Ż¹, and what lies behind W¹ in θ and in p.

    rest, along : float64 [b¹, W², b², ...] of θ and of p.

    A ray makes one line and asks it many α, so walks may know a line again by its identity.
    """

    __slots__ = ("Z", "__weakref__", "along", "dZ", "rest")

    def __init__(self, Z: Any, dZ: Any, rest: Vector, along: Vector) -> None:
        self.Z, self.dZ, self.rest, self.along = Z, dZ, rest, along

    @classmethod
    def standing(cls, Z: Any, rest: Vector) -> Line:
        """A place without a direction: only α = 0 has a meaning."""
        return cls(Z, Z, rest, rest)

    def at(self, alpha: float, real: Any) -> Array:
        """[b¹, W², b², ...] at α in the working precision."""
        rest = self.rest if alpha == 0 else self.rest + alpha * self.along  # 0 · ∞ would be NaN
        return np.asarray(rest, real)


class Sums(NamedTuple):
    """Of a gradient's walk: loss, right answers, first (d, d_1), behind (rest)."""

    loss: float
    right: int
    first: Array
    behind: Array


class Walks(Protocol):
    """Where W is given, `line.Z` is filled in the same walk; where V is given, `line.dZ`."""

    @property
    def choice(self) -> str:
        """What was chosen and why, for the header of a run."""
        ...

    def storage(self) -> Any:
        """A handle for a first layer of all rows, with anything in it."""
        ...

    def moved(self, Z: Any, dZ: Any, alpha: float) -> Any:
        """Z¹ + α Ż¹."""
        ...

    def mixed(self, a: float, dZ: Any, b: float, other: Any) -> Any:
        """a Ż¹ + b Ż¹′."""
        ...

    def fill(self, W: Array, Z: Any) -> None: ...
    def value(self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None) -> float: ...
    def jet(
        self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None
    ) -> tuple[float, float, float]: ...
    def gradient(self, line: Line, alpha: float, W: Array | None, carried: Any) -> Sums:
        """At Z¹ + α Ż¹, which is left in `carried` unless α is 0."""
        ...

    def product(self, line: Line, W: Array | None, V: Array, newton: bool) -> tuple[Array, Array]:
        """At Z¹: sums (d, d_1) and (rest) of the Hessian (newton) or Gauss-Newton matrix times (V, along)."""
        ...

    def outputs(self, Z: Any, rest: Vector) -> Array:
        """(n, k)"""
        ...

    def close(self) -> None:
        """Send threads, files and workers home; they come back when there is work."""
        ...


def added(parts: list[Sums]) -> Sums:
    """The sums of all parts, first to last; the first part's arrays take them up."""
    loss, right, first, behind = parts[0]
    for part in parts[1:]:
        loss, right = loss + part.loss, right + part.right
        first += part.first
        behind += part.behind
    return Sums(loss, right, first, behind)
