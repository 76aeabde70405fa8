"""Points and rays of the packed objective: what is computed when, in how few walks over the data.

    ray        first thing asked: Ż¹ = X V¹ (and Z¹ = X W¹ at a fresh point) with the value there: one pass
    trial      Σ w l at Z¹ + α Ż¹; with slope or curvature all three from one jet: no pass
    step       the point knows where its Z¹ comes from: Z¹ + α Ż¹, written down while ...
    gradient   ... D¹ is made and multiplied with the data: one pass

An array belongs to the point or ray that made it and is never written to again.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surefoot.arrays import Array, Vector, frozen
from surefoot.descent.objective import Known

if TYPE_CHECKING:
    from surefoot.compute.packed import Packed


class Step(NamedTuple):
    """Where a point's first layer comes from: Z¹ + α Ż¹, flat storages."""

    Z: Array
    dZ: Array
    alpha: Any


class PackedTrack(NamedTuple):
    """A direction p (P,) and Ż¹ = X V¹, its product with the data, in flat storage."""

    p: Vector
    dZ: Array


class PackedPoint:
    """θ with its loss and gradient; a point that a ray arrived at knows its Z¹ without a pass."""

    def __init__(
        self,
        objective: Packed,
        theta: Vector,
        *,
        value: float | None = None,
        known: Known | None = None,
        step: Step | None = None,
        arrival: PackedTrack | None = None,
    ) -> None:
        self.objective, self.theta, self.arrival = objective, theta, arrival
        self._step = step
        self._Z: Array | None = None
        self._right: int | None = None
        if value is not None:
            self.__dict__["value"] = value
        if known is not None:
            self.__dict__["value"], self.__dict__["gradient"] = known

    @cached_property
    def rest(self) -> Array:
        return self.objective.rest(self.theta)

    @cached_property
    def value(self) -> float:
        """A pass and a tail, when no ray has brought it."""
        o, (W, Z) = self.objective, self._to_walk()
        total = o.walks.value(Z, Z, o.dtype(0), self.rest, W, None)
        self._walked(Z)
        o.meter.add(tails=1)
        return total / o.rows + o.penalty(self.theta, self.theta)

    @cached_property
    def gradient(self) -> Vector:
        """∂L/∂θ: one pass (D¹ X) and one tail backward; Z¹ of a step is written down on the way."""
        o = self.objective
        if self._step is not None and self._Z is None:
            W, (Z, dZ, alpha), carried = None, self._step, o.storage()
        else:
            W, Z = self._to_walk()
            dZ, alpha, carried = Z, o.dtype(0), Z
        total, self._right, G, behind = o.walks.gradient(Z, dZ, alpha, self.rest, W, carried)
        self._walked(carried)
        o.meter.add(passes=1, tails=2)
        self.__dict__.setdefault("value", total / o.rows + o.penalty(self.theta, self.theta))
        return frozen(o.join(G, behind) + o.l2_gradient(self.theta))

    @property
    def accuracy(self) -> float | None:
        """Fraction of outputs that name the right class, counted beside the gradient; None for numbers."""
        o = self.objective
        if o.network.loss == "squared-error":
            return None
        each = o.network.sizes[-1] if o.network.loss == "binary" else 1
        if self._right is None:
            labelled = o.network.loss == "cross-entropy"
            hits = self.outputs.argmax(axis=1) == o.Y if labelled else (self.outputs > 0) == (o.Y > 0.5)
            self._right = int(np.sum(hits))
        return self._right / (o.rows * each)

    @cached_property
    def outputs(self) -> Array:
        """(n, k): a tail, and a pass where Z¹ is not known yet."""
        o, (W, Z) = self.objective, self._to_walk()
        if W is not None:
            o.blockwise.fill(W, Z)
        self._walked(Z)
        out = np.empty((o.rows, o.network.sizes[-1]), o.dtype)
        o.blockwise.outputs(Z, self.rest, out)
        o.meter.add(tails=1)
        return out

    def ray(self, p: Vector) -> PackedRay:
        return PackedRay(self, frozen(np.asarray(p)))

    def hessian_vector(self, v: Vector) -> Vector:
        """∇²L v: two passes, exact."""
        return self._product(np.asarray(v), newton=True)

    def gauss_newton_vector(self, v: Vector) -> Vector:
        """Jᵀ H_L J v: two passes."""
        return self._product(np.asarray(v), newton=False)

    def _product(self, v: Vector, newton: bool) -> Vector:
        o, (W, Z) = self.objective, self._to_walk()
        G, behind = o.blockwise.product(Z, self.rest, o.rest(v), W, o.first_weights(v), newton)
        self._Z = Z
        o.meter.add(passes=2, tails=2)
        return o.join(G, behind) + o.l2_gradient(v)

    def _to_walk(self) -> tuple[Array | None, Array]:
        """(W¹, room for Z¹) when the data are to be walked for it, (None, Z¹) when it is known."""
        o = self.objective
        if self._Z is None and self._step is not None:
            Z, dZ, alpha = self._step
            self._walked(Z + alpha * dZ)
        if self._Z is not None:
            return None, self._Z
        return o.first_weights(self.theta), o.storage()

    def _walked(self, Z: Array) -> None:
        """Z¹ is known from now on; a pass was made for it unless a step brought it."""
        if self._Z is None and self._step is None:
            self.objective.meter.add(passes=1, evaluations=1)
        self._Z, self._step = Z, None


class PackedRay:
    """φ(α) = L(θ + αp) from Z¹ + α Ż¹: a trial is one tail and touches no data."""

    together = True  # φ, φ′ and φ″ come from one tail: who wants a slope should ask for it first

    def __init__(self, origin: PackedPoint, p: Vector, dZ: Array | None = None) -> None:
        self.origin, self.p, self.objective = origin, p, origin.objective
        self._dZ = dZ
        self._along = self.objective.rest(p)
        self._values: dict[float, float] = {0.0: origin.value}
        self._slopes: dict[float, float] = {}
        self._curvatures: dict[float, float] = {}

    @property
    def track(self) -> PackedTrack:
        return PackedTrack(self.p, self._walk()[1])

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

    def point(self, alpha: float) -> PackedPoint:
        if alpha == 0.0:
            return self.origin
        o, value = self.objective, self.value(alpha)
        Z, dZ = self._walk()
        step = Step(Z, dZ, o.dtype(alpha))
        return PackedPoint(
            o, frozen(self._theta(alpha)), value=value, step=step, arrival=PackedTrack(self.p, dZ)
        )

    def combine(self, a: float, other: PackedRay | PackedTrack, b: float) -> PackedRay:
        track = other.track if isinstance(other, PackedRay) else other
        a_, b_ = self.objective.dtype(a), self.objective.dtype(b)
        dZ = a_ * self._walk()[1] + b_ * track.dZ
        return PackedRay(self.origin, frozen(a * self.p + b * other.p), dZ)

    def _theta(self, alpha: float) -> Vector:
        theta: Vector = self.origin.theta + alpha * self.p
        return theta

    def _rest(self, alpha: float) -> Array:
        """The end of theta only: all that a trial needs, unless there is a penalty."""
        front = self.objective.front
        rest = self.origin.theta[front:] + alpha * self.p[front:]
        return np.asarray(rest, self.objective.dtype)

    def _penalty(self, alpha: float) -> float:
        if not self.objective.l2:
            return 0.0
        theta = self._theta(alpha)
        return self.objective.penalty(theta, theta)

    def _walk(self) -> tuple[Array, Array]:
        """(Z¹, Ż¹), flat; a pass unless it was made before."""
        if self._dZ is None:
            self._sweep(None, jet=False)
        assert self._dZ is not None
        assert self.origin._Z is not None
        return self.origin._Z, self._dZ

    def _trial(self, alpha: float, jet: bool) -> list[float]:
        """Σ w l at alpha, with its two derivatives if `jet`."""
        self.objective.meter.add(tails=1, evaluations=0 if alpha in self._values else 1)
        return self._sweep(alpha, jet)

    def _sweep(self, alpha: float | None, jet: bool) -> list[float]:
        """The data, where Ż¹ (or Z¹) is not known yet, and with them the trial at alpha, if any."""
        o = self.objective
        W, Z = self.origin._to_walk()
        V, dZ = (None, self._dZ) if self._dZ is not None else (o.first_weights(self.p), o.storage())
        if alpha is None:
            for weights, product in ((W, Z), (V, dZ)):
                if weights is not None:
                    o.blockwise.fill(weights, product)
            sums = []
        elif jet:
            rest = self._rest(alpha)
            sums = list(o.walks.jet(Z, dZ, o.dtype(alpha), rest, self._along, W, V))
        else:
            sums = [o.walks.value(Z, dZ, o.dtype(alpha), self._rest(alpha), W, V)]
        if W is not None or V is not None:
            o.meter.add(passes=1)
        self._dZ, self.origin._Z = dZ, Z
        return sums
