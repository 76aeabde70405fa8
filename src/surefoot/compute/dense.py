"""The plain objective: NumPy, data as one float matrix; the reference for every faster one.

    L(θ) = Σᵢ wᵢ l(zᵢ, yᵢ) / Σᵢ wᵢ + ½ λ Σ W²          zᵢ the network's outputs, λ = l2

Rays are true rays.  The first layer is linear in α,

    Z¹(α) = X (W¹ + α V¹) + (b¹ + α v¹) = Z¹ + α Ż¹

so one product X [W¹, V¹] per direction (one pass) makes every trial cost only a tail, exactly.
Z¹ is computed anew from the weights in that same product: nothing accumulates from iteration to
iteration, and a run continued from its parameters alone has the same bits as one never stopped.

The idea: Shea & Schmidt, "Why line search when you can plane search?", arXiv:2406.17954 (2024).
"""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from surefoot.arrays import Array, Vector, frozen
from surefoot.descent.objective import Known, Meter
from surefoot.errors import BadValue, ShapeError
from surefoot.network import Network
from surefoot.network.jet import tail_jet
from surefoot.network.mlp import Gradients, outer_sum, tail
from surefoot.network.parameters import Layers
from surefoot.network.products import gauss_newton_tail, hessian_tail
from surefoot.network.sweep import crossed, sweep
from surefoot.records import Cost


class Dense:
    """A network's loss on data held as one matrix.

    Parameters
    ----------
    network : the network.
    X : (n, d) floats, as the network sees them (already divided by their scale).
    y : labels (n,) or targets (n, k), as the network's loss wants them.
    l2 : λ >= 0, on weights, not on biases.
    sample_weight : (n,) non-negative, not all zero; None: all equal.
    dtype : float64 or float32, the precision of everything of the data's size.

    Raises
    ------
    ShapeError, BadValue : arrays that do not fit the network or each other.
    """

    def __init__(
        self,
        network: Network,
        X: Array,
        y: Array,
        *,
        l2: float = 0.0,
        sample_weight: Array | None = None,
        dtype: type[np.floating[Any]] = np.float64,
    ) -> None:
        X = self.matrix(X, dtype)
        require_fit(network, X, y, l2)
        n = X.shape[0]
        self.network, self.l2, self.dtype = network, float(l2), dtype
        self.X = X
        Y = network.criterion.targets(y, network.sizes[-1])
        self.Y = Y if Y.dtype.kind == "i" else Y.astype(dtype)
        self.weights = relative_weights(sample_weight, n)
        self.meter = Meter()
        self.layout = network.layout
        self.size, self.rows = network.size, n
        self.blocks, self.place = self.layout.slices, self.layout.place
        self.analytic = network.f.analytic
        self.epsilon = float(np.finfo(dtype).eps)

    @staticmethod
    def matrix(X: Any, dtype: type[np.floating[Any]]) -> Any:
        """X as it is multiplied with: all that points and rays ask of it is X @ V, Xᵀ @ D and X[rows]."""
        X = np.asarray(X)
        return np.ascontiguousarray(X, dtype) if X.ndim == 2 else X

    @property
    def cost(self) -> Cost:
        return self.meter.cost

    @property
    def trial_cost(self) -> float:
        return trial_cost(self.network)

    def at(self, theta: Vector, known: Known | None = None) -> DensePoint:
        return DensePoint(self, frozen(np.asarray(theta)), known=known)

    def layers(self, theta: Array) -> list[tuple[Array, Array]]:
        """(W, b) of theta in the precision of the data; complex theta stays complex."""
        if theta.dtype.kind == "c" or self.dtype == np.float64:
            return self.layout.split(theta)
        return self.layout.split(theta.astype(self.dtype))

    def mean_loss(self, theta: Array, Z: Array) -> Any:
        """L from the outputs Z (n, k); summed in float64, complex when theta is."""
        losses = self.network.criterion.value(Z, self.Y)
        mean = (
            losses.mean(dtype=np.result_type(losses, np.float64))
            if self.weights is None
            else self.weights @ losses
        )
        return mean + self.penalty(theta, theta)

    def penalty(self, theta: Array, other: Array) -> Any:
        if not self.l2:
            return 0.0
        weights = self.layout.is_weight
        return 0.5 * self.l2 * (theta[weights] @ other[weights])

    def l2_gradient(self, theta: Vector) -> Vector | float:
        return self.l2 * np.where(self.layout.is_weight, theta, 0.0) if self.l2 else 0.0

    def output_gradient(self, Z: Array) -> Array:
        """∂L/∂Z (n, k), sample weights included."""
        return self._weighted(self.network.criterion.gradient(Z, self.Y))

    def output_curvature(self, Z: Array, V: Array) -> Array:
        """(∂²L/∂Z²) V (n, k), sample weights included."""
        return self._weighted(self.network.criterion.curvature(Z, self.Y, V))

    def _weighted(self, D: Array) -> Array:
        share = 1 / self.rows if self.weights is None else self.weights[:, None].astype(D.real.dtype)
        weighted: Array = D * share
        return weighted

    def sweep(self, theta: Array, h: complex) -> Array:
        """Losses at all θ + h eᵢ, shape (P,); complex where h is."""
        T, weights = np.asarray(theta), self.layout.is_weight
        losses = sweep(self.network, T, self.X, self.Y, self.weights, h)
        moved: Array = losses + self.penalty(T, T) + 0.5 * self.l2 * np.where(weights, 2 * h * T + h * h, 0)
        return moved

    def crossed(self, theta: Array, h: float) -> Array:
        """(P,) True where a perturbation by h moves some pre-activation across a kink."""
        return crossed(self.network, theta, self.X, h)

    def in_double(self) -> Dense:
        """The same objective in float64."""
        if self.dtype == np.float64:
            return self
        return type(self)(self.network, self.X, self.Y, l2=self.l2, sample_weight=self.weights)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def require_fit(network: Network, X: Any, y: Any, l2: float) -> None:
    """Raise one sentence unless X (n, d) and y fit the network and each other, and l2 is possible.

    Raises
    ------
    ShapeError, BadValue
    """
    if X.ndim != 2 or X.shape[1] != network.sizes[0]:
        raise ShapeError(
            f"X has shape {X.shape}, but the first layer expects {network.sizes[0]} inputs "
            f"(sizes {network.name}). Pass X with shape (n, {network.sizes[0]})."
        )
    n = X.shape[0]
    if n == 0 or len(y) != n:
        raise ShapeError(f"X has {n} rows and y has {len(y)}. Give one target per row, at least one row.")
    if not 0 <= l2 < float("inf"):
        raise BadValue(f"l2 is {l2!r}; give a finite number >= 0, such as 1e-3.")


def trial_cost(network: Network) -> float:
    """Multiplications of a tail over those of two passes and two tails; activations count as 10."""
    d, *rest = network.sizes
    tail_work = sum(a * b for a, b in zip(rest, rest[1:], strict=False)) + 10 * sum(rest)
    return tail_work / (2 * tail_work + 2 * d * rest[0])


def relative_weights(sample_weight: Array | None, n: int) -> Array | None:
    """wᵢ / Σ w, shape (n,), or None for equal weights.

    Raises
    ------
    ShapeError, BadValue : another length; negative, non-finite or all-zero weights.
    """
    if sample_weight is None:
        return None
    w = np.asarray(sample_weight, np.float64)
    if w.shape != (n,):
        raise ShapeError(f"sample_weight has shape {w.shape}, but there are {n} samples. Pass shape ({n},).")
    if not np.all(np.isfinite(w)) or w.min() < 0 or w.sum() <= 0:
        raise BadValue("sample_weight must be finite, not negative and not all zero.")
    return np.asarray(w / w.sum())


class Trial:
    """The layers behind the first, run once: outputs Z (n, k), and on demand D¹ and their gradients."""

    def __init__(self, objective: Dense, Z1: Array, behind: Layers) -> None:
        self.objective = objective
        objective.meter.add(tails=1)
        self.Z, self._pullback = tail(Z1, behind, objective.network.f)

    @cached_property
    def back(self) -> tuple[Array, Gradients]:
        """(D¹, gradients behind): one tail, shared by the slope and the gradient at the same place."""
        self.objective.meter.add(tails=1)
        return self._pullback(self.objective.output_gradient(self.Z))


class DensePoint:
    """θ with its loss and gradient; a point that a ray arrived at brings its trial along."""

    def __init__(
        self,
        objective: Dense,
        theta: Array,
        *,
        trial: Trial | None = None,
        value: Any = None,
        known: Known | None = None,
        arrival: DenseTrack | None = None,
    ) -> None:
        self.objective, self.theta, self.arrival = objective, theta, arrival
        if trial is not None:
            self.__dict__["_trial"] = trial
        if value is not None:
            self.__dict__["value"] = value
        if known is not None:
            self.__dict__["value"], self.__dict__["gradient"] = known

    @cached_property
    def _layers(self) -> list[tuple[Array, Array]]:
        return self.objective.layers(self.theta)

    @cached_property
    def _trial(self) -> Trial:
        """Forward from the data: one pass, one tail."""
        o, (W1, b1) = self.objective, self._layers[0]
        o.meter.add(passes=1, evaluations=1)
        return Trial(o, o.X @ W1 + b1, self._layers[1:])

    @property
    def outputs(self) -> Array:
        return self._trial.Z

    @cached_property
    def value(self) -> Any:
        value = self.objective.mean_loss(self.theta, self._trial.Z)
        return value if self.theta.dtype.kind == "c" else float(value)

    @cached_property
    def gradient(self) -> Vector:
        """∂L/∂θ: one pass (X^T D¹) and one tail backward."""
        return frozen(self._flat(*self._trial.back) + self.objective.l2_gradient(self.theta))

    def ray(self, p: Vector) -> DenseRay:
        return DenseRay(self, frozen(np.asarray(p)))

    def hessian_vector(self, v: Vector) -> Vector:
        """∇²L v: two passes, exact."""
        o, f, along = self.objective, self.objective.network.f, self.objective.layers(v)
        Z1, dZ1 = self.first_layer(v)
        o.meter.add(tails=2)
        D1, behind = hessian_tail(
            Z1, dZ1, self._layers[1:], along[1:], f, o.output_gradient, o.output_curvature
        )
        return self._flat(D1, behind) + o.l2_gradient(v)

    def gauss_newton_vector(self, v: Vector) -> Vector:
        """Jᵀ H_L J v: two passes."""
        o, f, along = self.objective, self.objective.network.f, self.objective.layers(v)
        Z1, dZ1 = self.first_layer(v)
        o.meter.add(tails=2)
        D1, behind = gauss_newton_tail(Z1, dZ1, self._layers[1:], along[1:], f, o.output_curvature)
        return self._flat(D1, behind) + o.l2_gradient(v)

    def first_layer(self, p: Vector) -> tuple[Array, Array]:
        """Z¹ and Ż¹ (n, d_1) in one pass: X [W¹, V¹]."""
        o = self.objective
        (W, b), (V, v) = self._layers[0], o.layers(p)[0]
        o.meter.add(passes=1)
        both = o.X @ np.hstack([W, V])
        k = W.shape[1]
        return both[:, :k] + b, both[:, k:] + v

    def _flat(self, D1: Array, behind: Gradients) -> Vector:
        """The first layer's part, X^T D¹ (one pass), in front of the others."""
        o = self.objective
        o.meter.add(passes=1)
        flat = o.layout.join([outer_sum(o.X, D1), *behind])
        return flat if self.theta.dtype.kind == "c" else np.asarray(flat, np.float64)


class DenseTrack(NamedTuple):
    """A direction p (P,) and Ż¹ = X V¹ + v¹ (n, d_1), its product with the data."""

    p: Vector
    dZ1: Array


class DenseRay:
    """φ(α) = L(θ + αp) from Z¹ + α Ż¹: a trial is one tail and touches no data."""

    def __init__(self, origin: DensePoint, p: Vector, first_layer: tuple[Array, Array] | None = None) -> None:
        self.origin, self.p = origin, p
        self.objective = origin.objective
        self._first_layer = first_layer or origin.first_layer(p)
        self._along = self.objective.layers(p)
        self._values: dict[Any, Any] = {0.0: origin.value}
        self._slopes: dict[Any, Any] = {}
        self._curvatures: dict[float, float] = {}
        self._latest: tuple[Any, Trial] | None = None  # kept for slope and gradient at the same α

    @property
    def track(self) -> DenseTrack:
        return DenseTrack(self.p, self._first_layer[1])

    @property
    def trial_cost(self) -> float:
        return self.objective.trial_cost

    @cached_property
    def slope0(self) -> float:
        return float(self.origin.gradient @ self.p)

    @property
    def noise(self) -> float:
        return self.objective.epsilon * abs(float(self.origin.value))

    def _theta(self, alpha: Any) -> Array:
        theta: Array = self.origin.theta + alpha * self.p
        return theta

    def _trial(self, alpha: Any) -> Trial:
        if self._latest is None or self._latest[0] != alpha:
            o, (Z1, dZ1) = self.objective, self._first_layer
            known = alpha in self._values
            o.meter.add(evaluations=0 if known else 1)
            behind = o.layers(self._theta(alpha))[1:]
            step = alpha if isinstance(alpha, complex) else o.dtype(alpha)
            self._latest = alpha, Trial(o, Z1 + step * dZ1, behind)
        return self._latest[1]

    def value(self, alpha: Any) -> Any:
        if alpha not in self._values:
            trial = self._trial(alpha)
            value = self.objective.mean_loss(self._theta(alpha), trial.Z)
            self._values[alpha] = value if isinstance(alpha, complex) else float(value)
        return self._values[alpha]

    def slope(self, alpha: Any) -> Any:
        """φ′(α) = ⟨D¹, Ż¹⟩ + ⟨gradients behind, p⟩: the trial pulled back, still no pass."""
        if alpha == 0.0:
            return self.slope0
        if alpha not in self._slopes:
            o, trial = self.objective, self._trial(alpha)
            self.value(alpha)
            D1, behind = trial.back
            slope = np.sum(D1 * self._first_layer[1], dtype=np.result_type(D1, np.float64))
            for (G, g), (V, v) in zip(behind, self._along[1:], strict=True):
                slope = slope + np.sum(G * V) + g @ v
            slope = slope + 2 * o.penalty(self._theta(alpha), self.p)
            self._slopes[alpha] = slope if isinstance(alpha, complex) else float(slope)
        return self._slopes[alpha]

    def curvature(self, alpha: float) -> float:
        """φ″(α) = Żᵀ H_L Ż + ⟨∂L/∂Z, Z̈⟩, exact, from the network's second-order jet."""
        if alpha not in self._curvatures:
            o, (Z1, dZ1) = self.objective, self._first_layer
            behind = o.layers(self._theta(alpha))[1:]
            o.meter.add(tails=1, evaluations=0 if alpha in self._values else 1)
            Z, dZ, ddZ = tail_jet(Z1 + o.dtype(alpha) * dZ1, dZ1, behind, self._along[1:], o.network.f)
            bend = np.sum(dZ * o.output_curvature(Z, dZ) + o.output_gradient(Z) * ddZ, dtype=np.float64)
            self._curvatures[alpha] = float(bend + 2 * o.penalty(self.p, self.p))
            self._values.setdefault(alpha, float(o.mean_loss(self._theta(alpha), Z)))
        return self._curvatures[alpha]

    def point(self, alpha: Any) -> DensePoint:
        if alpha == 0.0:
            return self.origin
        value = self.value(alpha)
        theta, trial = frozen(self._theta(alpha)), self._trial(alpha)
        return DensePoint(self.objective, theta, trial=trial, value=value, arrival=self.track)

    def combine(self, a: float, other: DenseRay | DenseTrack, b: float) -> DenseRay:
        Z1, dZ1 = self._first_layer
        track = other.track if isinstance(other, DenseRay) else other
        a_, b_ = self.objective.dtype(a), self.objective.dtype(b)
        return DenseRay(self.origin, frozen(a * self.p + b * other.p), (Z1, a_ * dZ1 + b_ * track.dZ1))
