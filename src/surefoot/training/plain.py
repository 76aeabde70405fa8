"""Loss, gradient, slope and accuracy at any weights, by the plainest route there is.

    L(θ) = Σᵢ wᵢ l(zᵢ, yᵢ) / Σᵢ wᵢ + ½ λ Σ W²        forward, then backward, block of rows by block of rows

No ray, no product kept, no kernel: only the functions of `network`, in float64.  It is slow, and shares
nothing with the objectives that trained the run, so it can say whether they told the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.data import Data
from surefoot.network import Network
from surefoot.network.mlp import forward
from surefoot.network.parameters import Layers

BYTES = 8 << 20  # of a block of rows as float64


@dataclass
class Place:
    """Weights θ + t Δ (P,), and what is to be told there; `tell` fills in the rest.

    along : a direction (P,) whose slope ∇Lᵀ along is wanted.   keep : the whole gradient is.
    value, slope, gradient : of the loss.   right : the fraction of rows named rightly.
    ties : the fraction of rows so near to a tie that rounding decides.
    kinks : the fraction of rows at a kink of the activation, where a slope has two values.
    size : about how large the gradients of single samples are, whose mean the gradient is.
    reach : the largest sum of |inputs| |weights| of a unit, whose summands were rounded.
    """

    theta: Vector
    delta: Vector | None = None
    t: float = 0.0
    along: Vector | None = None
    keep: bool = False
    value: float = 0.0
    slope: float = 0.0
    gradient: Vector | None = None
    right: float = 0.0
    ties: float = 0.0
    kinks: float = 0.0
    size: float = 0.0
    reach: float = 0.0

    @property
    def steepness(self) -> float:
        """|∇L(θ)|, where the gradient was kept."""
        return 0.0 if self.gradient is None else float(np.linalg.norm(self.gradient))

    def falls(self, delta: Vector) -> float:
        """∇L(θ)ᵀ Δ, where the gradient was kept."""
        return 0.0 if self.gradient is None else float(self.gradient @ delta)

    def weights(self, single: bool) -> Vector:
        """θ + t Δ; as a run in single precision saw it, rounded to float32."""
        theta = self.theta if self.delta is None else self.theta + self.t * self.delta
        return theta.astype(np.float32).astype(np.float64) if single else theta


def tell(
    network: Network,
    data: Data,
    places: Sequence[Place],
    *,
    l2: float = 0.0,
    sample_weight: Array | None = None,
    single: bool = False,
) -> None:
    """Fill in what is to be told at each place; the data are read once, the places visited per block."""
    rows = max(64, BYTES // (8 * data.d))
    weights = np.ones(data.n) if sample_weight is None else np.asarray(sample_weight, np.float64)
    weights = weights / weights.sum()
    for place in places:
        place.gradient = np.zeros(network.size) if place.keep else None
    for start in range(0, data.n, rows):
        block = slice(start, min(start + rows, data.n))
        X, y, w = data.scaled(block), data.y[block], weights[block]
        Y = network.criterion.targets(y, network.sizes[-1])
        for place in places:
            _add(network, place, X, Y, w, data.n, single, first=start == 0)
    for place in places:
        _penalise(network, place, l2, single)


def _add(
    network: Network, place: Place, X: Array, Y: Array, w: Array, n: int, single: bool, first: bool
) -> None:
    """What one block of rows adds."""
    layers = network.layout.split(place.weights(single))
    Z, pullback = forward(X, layers, network.f)
    place.value += float(w @ network.criterion.value(Z, Y))
    right, near = _named(network, Z, Y, 1e-5 if single else 1e-12)
    place.right += float(right.sum()) / n
    place.ties += float(near.sum()) / n
    if first:
        place.reach = _reach(network, layers, X)
    if not network.f.analytic:
        place.kinks += float(_at_kinks(network, layers, X, 1e-5 if single else 1e-11).sum()) / n
    if place.gradient is None and place.along is None:
        return
    D = network.criterion.gradient(Z, Y)
    G = network.layout.join(pullback(D * w[:, None]))
    if place.gradient is not None:
        place.gradient += G
    if place.along is not None:
        place.slope += float(G @ place.along)
    if first:  # E |Σ ± gᵢ|² = Σ |gᵢ|²: signs by chance show how large the summands are
        signs = np.random.default_rng(0).choice([-1.0, 1.0], len(X))
        signed = network.layout.join(pullback(D * signs[:, None]))
        place.size = float(np.linalg.norm(signed)) / len(X) ** 0.5


def _penalise(network: Network, place: Place, l2: float, single: bool) -> None:
    """½ λ Σ W², its gradient and slope; biases are left alone."""
    if not l2:
        return
    theta = place.weights(False)
    decay = l2 * np.where(network.layout.is_weight, theta, 0.0)
    place.value += 0.5 * float(theta @ decay)
    if place.gradient is not None:
        place.gradient += decay
    if place.along is not None:
        place.slope += float(decay @ place.along)


def _named(network: Network, Z: Array, Y: Array, near: float) -> tuple[Array, Array]:
    """(n,) which rows are named rightly, and which are too near to a tie to tell."""
    scale = np.abs(Z).max(initial=0.0) * near
    if network.loss == "cross-entropy":
        two = np.sort(Z, axis=1)[:, -2:]
        return Z.argmax(axis=1) == Y, two[:, -1] - two[:, 0] <= scale
    if network.loss == "binary":
        return ((Z > 0) == (Y > 0.5)).mean(axis=1), (np.abs(Z) <= scale).mean(axis=1)
    return np.zeros(len(Z)), np.zeros(len(Z))


def _reach(network: Network, layers: Layers, X: Array) -> float:
    """The largest Σ |aᵢ| |wᵢⱼ| + |bⱼ| of any unit: its pre-activation is rounded by ε times that."""
    A, reach = X, 0.0
    for W, b in layers:
        reach = max(reach, float((np.abs(A) @ np.abs(W) + np.abs(b)).max(initial=0.0)))
        A = network.f.value(A @ W + b)
    return reach


def _at_kinks(network: Network, layers: Layers, X: Array, near: float) -> Array:
    """(n,) rows in which a unit's pre-activation is 0 as far as rounding can tell."""
    A, at = X, np.zeros(len(X), bool)
    for W, b in layers[:-1]:
        Z = A @ W + b
        at |= (np.abs(Z) <= near * (np.abs(A) @ np.abs(W) + np.abs(b))).any(axis=1)
        A = network.f.value(Z)
    return at
