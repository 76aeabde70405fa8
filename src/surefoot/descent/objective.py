"""The sockets of descent: an Objective is asked for a Point, a Point for a Ray.

    objective.at(theta) -> Point        where am I       f(θ), ∇f(θ)
    point.ray(p)        -> Ray          which way        φ(α) = f(θ + α p), φ′(α) = ∇f(θ + α p)ᵀ p
    ray.point(alpha)    -> Point        how far          takes the step, keeps what is computed

Descent knows nothing else of what it minimises: a network on a file, on workers or on a GPU and
Rosenbrock's function look alike from here.  Everything is lazy and computed at most once.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from surefoot.arrays import Array, Vector
from surefoot.records import Cost

EPSILON = 2.0**-52  # spacing of float64 at 1


class Known(NamedTuple):
    """Value and gradient of a point that was computed before (a stored run gives them back)."""

    value: float
    gradient: Vector


class Track(Protocol):
    """A direction whose product with the data is known; it does not depend on where one stands."""

    @property
    def p(self) -> Vector: ...


class Ray(Protocol):
    """φ along p from a point; every α is computed at most once."""

    @property
    def origin(self) -> Point: ...
    @property
    def p(self) -> Vector: ...
    @property
    def track(self) -> Track:
        """p without the point: light enough to be kept."""
        ...

    @property
    def trial_cost(self) -> float:
        """The objective's: about what a trial costs, as a fraction of a value and gradient."""
        ...

    @property
    def slope0(self) -> float:
        """φ′(0) = ∇f(θ)ᵀ p."""
        ...

    @property
    def noise(self) -> float:
        """How far rounding alone may move φ near α = 0 (units of the loss)."""
        ...

    def value(self, alpha: float) -> float: ...
    def slope(self, alpha: float) -> float: ...
    def curvature(self, alpha: float) -> float | None:
        """φ″(α), or None where it is not to be had."""
        ...

    def point(self, alpha: float) -> Point:
        """θ + α p, with whatever is known of it already."""
        ...

    def combine(self, a: float, other: Any, b: float) -> Ray:
        """The ray along a p + b p′ from here, without a pass; p′ is of another Ray or Track."""
        ...


class Point(Protocol):
    """One place on the surface."""

    @property
    def theta(self) -> Vector:
        """(P,), read-only."""
        ...

    @property
    def value(self) -> float: ...
    @property
    def gradient(self) -> Vector:
        """(P,), read-only."""
        ...

    @property
    def arrival(self) -> Track | None:
        """The track that led here, None when the point was asked for by its theta."""
        ...

    @property
    def outputs(self) -> Array | None:
        """(n, k) outputs of a network, None for other functions."""
        ...

    def ray(self, p: Vector) -> Ray: ...
    def hessian_vector(self, v: Vector) -> Vector: ...
    def gauss_newton_vector(self, v: Vector) -> Vector: ...


class Objective(Protocol):
    """What is minimised; a context manager, since it may hold files, threads or workers.

    size : P, the number of parameters.
    cost : work done so far; only ever grows.
    trial_cost : seconds of one φ(α) over seconds of one gradient with its forward pass, about.

    One that stands on machines that may fail can also have `happened() -> tuple[str, ...]`: what befell
    them since it was asked last, for the Step.
    """

    @property
    def size(self) -> int: ...
    @property
    def cost(self) -> Cost: ...
    @property
    def trial_cost(self) -> float: ...
    def at(self, theta: Vector, known: Known | None = None) -> Point: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Meter:
    """Counts work where it is done; `cost` is the record of it."""

    def __init__(self) -> None:
        self.cost = Cost()

    def add(self, passes: int = 0, tails: int = 0, evaluations: int = 0) -> None:
        self.cost += Cost(passes, tails, evaluations)
