"""Points and rays that are walked: what is computed when, in how few walks over the data.

    ray        first thing asked: Ż¹ = X V¹ (and Z¹ = X W¹ at a fresh point) with the value there: one pass
    trial      Σ w l at Z¹ + α Ż¹; with slope or curvature all three from one jet: no pass
    step       the point knows where its Z¹ comes from: Z¹ + α Ż¹, written down while ...
    gradient   ... D¹ is made and multiplied with the data: one pass

A first layer belongs to the point or ray that made it and is never written to again.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surefoot.arrays import Array, Vector, frozen
from surefoot.compute.walks import Line
from surefoot.descent.objective import Known

if TYPE_CHECKING:
    from surefoot.compute.walked import Walked


class Step(NamedTuple):
    """Where a point's first layer comes from: α along a line."""

    line: Line
    alpha: float


class WalkedTrack(NamedTuple):
    """A direction p (P,) and the handle of Ż¹ = X V¹, its product with the data."""

    p: Vector
    dZ: Any


class WalkedPoint:
    """θ with its loss and gradient; a point that a ray arrived at knows its Z¹ without a pass."""

    def __init__(
        self,
        objective: Walked,
        theta: Vector,
        *,
        value: float | None = None,
        known: Known | None = None,
        step: Step | None = None,
        arrival: WalkedTrack | None = None,
    ) -> None:
        self.objective, self.theta, self.arrival = objective, theta, arrival
        self._step = step
        self._Z: Any = None
        self._right: int | None = None
        if value is not None:
            self.__dict__["value"] = value
        if known is not None:
            self.__dict__["value"], self.__dict__["gradient"] = known

    @property
    def rest(self) -> Vector:
        """[b¹, W², b², ...]: what lies behind W¹."""
        return self.theta[self.objective.front :]

    @cached_property
    def value(self) -> float:
        """A pass and a tail, when no ray has brought it."""
        o, (W, Z) = self.objective, self._to_walk()
        total = o.walks.value(Line.standing(Z, self.rest), 0.0, W)
        self._walked(Z)
        o.meter.add(tails=1)
        return total / o.rows + o.penalty(self.theta, self.theta)

    @cached_property
    def gradient(self) -> Vector:
        """∂L/∂θ: one pass (Xᵀ D¹) and one tail backward; Z¹ of a step is written down on the way."""
        o = self.objective
        if self._step is not None and self._Z is None:
            W, (line, alpha), carried = None, self._step, o.walks.storage()
        else:
            W, carried = self._to_walk()
            line, alpha = Line.standing(carried, self.rest), 0.0
        sums = o.walks.gradient(line, alpha, W, carried)
        self._right = sums.right
        self._walked(carried)
        o.meter.add(passes=1, tails=2)
        self.__dict__.setdefault("value", sums.loss / o.rows + o.penalty(self.theta, self.theta))
        return frozen(o.mean(sums.first, sums.behind) + o.l2_gradient(self.theta))

    @property
    def accuracy(self) -> float | None:
        """Fraction of outputs that name the right class, counted beside the gradient; None for numbers."""
        o = self.objective
        if o.network.loss == "squared-error":
            return None
        each = o.network.sizes[-1] if o.network.loss == "binary" else 1
        if self._right is None:
            W, Z = self._to_walk()
            self._right = o.walks.gradient(Line.standing(Z, self.rest), 0.0, W, Z).right
            self._walked(Z)
            o.meter.add(passes=1, tails=2)
        return self._right / (o.rows * each)

    @cached_property
    def outputs(self) -> Array:
        """(n, k): a tail, and a pass where Z¹ is not known yet."""
        o, (W, Z) = self.objective, self._to_walk()
        if W is not None:
            o.walks.fill(W, Z)
        self._walked(Z)
        o.meter.add(tails=1)
        return o.walks.outputs(Z, self.rest)

    def ray(self, p: Vector) -> WalkedRay:
        return WalkedRay(self, frozen(np.asarray(p)))

    def hessian_vector(self, v: Vector) -> Vector:
        """∇²L v: two passes, exact."""
        return self._product(np.asarray(v), newton=True)

    def gauss_newton_vector(self, v: Vector) -> Vector:
        """Jᵀ H_L J v: two passes."""
        return self._product(np.asarray(v), newton=False)

    def _product(self, v: Vector, newton: bool) -> Vector:
        o, (W, Z) = self.objective, self._to_walk()
        line = Line(Z, Z, self.rest, np.asarray(v, np.float64)[o.front :])
        first, behind = o.walks.product(line, W, o.first_weights(v), newton)
        self._Z = Z
        o.meter.add(passes=2, tails=2)
        return o.mean(first, behind) + o.l2_gradient(v)

    def _to_walk(self) -> tuple[Array | None, Any]:
        """W¹ and room for Z¹, to be filled in the next walk; W¹ None: Z¹ is known."""
        o = self.objective
        if self._Z is None and self._step is not None:
            line, alpha = self._step
            self._walked(o.walks.moved(line.Z, line.dZ, alpha))
        if self._Z is not None:
            return None, self._Z
        return o.first_weights(self.theta), o.walks.storage()

    def _walked(self, Z: Any) -> None:
        """Z¹ is known from now on; a pass was made for it unless a step brought it."""
        if self._Z is None and self._step is None:
            self.objective.meter.add(passes=1, evaluations=1)
        self._Z, self._step = Z, None


class WalkedRay:
    """φ(α) = L(θ + αp) from Z¹ + α Ż¹: a trial is one tail and touches no data."""

    together = True  # φ, φ′ and φ″ come from one tail: who wants a slope should ask for it first

    def __init__(self, origin: WalkedPoint, p: Vector, line: Line | None = None) -> None:
        self.origin, self.p, self.objective = origin, p, origin.objective
        self._line = line
        self._values: dict[float, float] = {0.0: origin.value}
        self._slopes: dict[float, float] = {}
        self._curvatures: dict[float, float] = {}

    @property
    def track(self) -> WalkedTrack:
        return WalkedTrack(self.p, self._walked_line().dZ)

    @property
    def trial_cost(self) -> float:
        return self.objective.trial_cost

    @cached_property
    def slope0(self) -> float:
        return float(self.origin.gradient @ self.p)

    @property
    def noise(self) -> float:
        return self.objective.epsilon * abs(self.origin.value)

    def value(self, alpha: float) -> float:
        if alpha not in self._values:
            total, *_ = self._trial(alpha, jet=False)
            self._values[alpha] = total / self.objective.rows + self._penalty(alpha)
        return self._values[alpha]

    def slope(self, alpha: float) -> float:
        """φ′(α), from the network's jet along the ray: no pass."""
        if alpha == 0.0:
            return self.slope0
        if alpha not in self._slopes:
            self._expand(alpha)
        return self._slopes[alpha]

    def curvature(self, alpha: float) -> float:
        """φ″(α), exact, from the same jet."""
        if alpha not in self._curvatures:
            self._expand(alpha)
        return self._curvatures[alpha]

    def _expand(self, alpha: float) -> None:
        """φ, φ′ and φ″ at once."""
        o = self.objective
        total, slope, bend = self._trial(alpha, jet=True)
        self._values.setdefault(alpha, total / o.rows + self._penalty(alpha))
        self._slopes[alpha] = slope / o.rows + (2 * o.penalty(self._theta(alpha), self.p) if o.l2 else 0.0)
        self._curvatures[alpha] = bend / o.rows + 2 * o.penalty(self.p, self.p)

    def point(self, alpha: float) -> WalkedPoint:
        if alpha == 0.0:
            return self.origin
        value, line = self.value(alpha), self._walked_line()
        return WalkedPoint(
            self.objective, frozen(self._theta(alpha)),
            value=value, step=Step(line, alpha), arrival=WalkedTrack(self.p, line.dZ),
        )  # fmt: skip

    def combine(self, a: float, other: WalkedRay | WalkedTrack, b: float) -> WalkedRay:
        track = other.track if isinstance(other, WalkedRay) else other
        line, p = self._walked_line(), frozen(a * self.p + b * other.p)
        dZ = self.objective.walks.mixed(a, line.dZ, b, track.dZ)
        return WalkedRay(self.origin, p, Line(line.Z, dZ, line.rest, p[self.objective.front :]))

    def _theta(self, alpha: float) -> Vector:
        theta: Vector = self.origin.theta + alpha * self.p
        return theta

    def _penalty(self, alpha: float) -> float:
        if not self.objective.l2:
            return 0.0
        theta = self._theta(alpha)
        return self.objective.penalty(theta, theta)

    def _walked_line(self) -> Line:
        """The line, its first layers known; a pass unless they were made before."""
        if self._line is None:
            self._sweep(None, jet=False)
        assert self._line is not None
        return self._line

    def _trial(self, alpha: float, jet: bool) -> tuple[float, ...]:
        """Σ w l at alpha, with its two derivatives if `jet`."""
        self.objective.meter.add(tails=1, evaluations=0 if alpha in self._values else 1)
        return self._sweep(alpha, jet)

    def _sweep(self, alpha: float | None, jet: bool) -> tuple[float, ...]:
        """The data, where Ż¹ (or Z¹) is not known yet, and with them the trial at alpha, if any."""
        o, origin = self.objective, self.origin
        W, Z = origin._to_walk()
        line, V = self._line, None
        if line is None:
            line = Line(Z, o.walks.storage(), origin.rest, np.asarray(self.p, np.float64)[o.front :])
            V = o.first_weights(self.p)
        sums: tuple[float, ...] = ()
        if alpha is None:
            for weights, product in ((W, line.Z), (V, line.dZ)):
                if weights is not None:
                    o.walks.fill(weights, product)
        elif jet:
            sums = o.walks.jet(line, alpha, W, V)
        else:
            sums = (o.walks.value(line, alpha, W, V),)
        if W is not None or V is not None:
            o.meter.add(passes=1)
        self._line, origin._Z = line, Z  # only now: a walk that was broken off has filled nothing
        return sums
