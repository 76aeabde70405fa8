"""The layers behind the first on one block of samples: compiled and fused, or plain NumPy.

At Z¹(α) = Z¹ + α Ż¹ + b¹, with rest = [b¹, W², b², ...] the parameters at α and along = [v¹, V², v², ...]
their direction.  Z¹ and Ż¹ lie as (units, m) and without their biases.  Losses are summed, not averaged:
`weights` have mean 1.

    value      Σ w l
    pullback   Σ w l, how many are right; writes D¹ (units, m), adds ∂/∂rest, carries Z¹ + α Ż¹ along
    jet        Σ w l and its two derivatives in α
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from surefoot.arrays import Array
from surefoot.network import Network
from surefoot.network.jet import tail_jet
from surefoot.network.mlp import tail
from surefoot.network.parameters import Layers
from surefoot.network.products import gauss_newton_tail, hessian_tail

if TYPE_CHECKING:
    from surefoot.compute.desk import Desk

SPAN = 256  # samples that the kernels take through all layers at a time: 64 are slower, 512 no faster
WIDEST = 1 << 14  # weights of one layer up to which the compiled products keep up with BLAS


class Tail(Protocol):
    """`block` numbers the blocks; `worker` says whose room to work in."""

    def value(self, block: int, Z: Array, dZ: Array, alpha: Any, rest: Array, worker: int) -> float: ...
    def pullback(
        self, block: int, Z: Array, dZ: Array, alpha: Any, rest: Array,
        D1: Array, G: Array, carried: Array, worker: int,
    ) -> tuple[float, int]: ...  # fmt: skip
    def jet(
        self, block: int, Z: Array, dZ: Array, alpha: Any, rest: Array, along: Array, worker: int
    ) -> tuple[float, float, float]: ...


class Plain:
    """The functions of `network/`, a block at a time; the reference, and all that works without Numba."""

    def __init__(
        self, network: Network, Y: Array, weights: Array | None, real: Any, bounds: list[tuple[int, int]]
    ) -> None:
        self.network, self.real, self.bounds = network, real, bounds
        self.Y = Y
        self.weights = weights

    def value(self, block: int, Z: Array, dZ: Array, alpha: Any, rest: Array, worker: int) -> float:
        return self._loss(block, self.outputs(Z, dZ, alpha, rest))

    def outputs(self, Z: Array, dZ: Array, alpha: Any, rest: Array) -> Array:
        """(m, k)"""
        Z1, behind = self._start(Z, dZ, alpha, rest)
        return tail(Z1, behind, self.network.f)[0]

    def pullback(
        self, block: int, Z: Array, dZ: Array, alpha: Any, rest: Array,
        D1: Array, G: Array, carried: Array, worker: int,
    ) -> tuple[float, int]:  # fmt: skip
        if alpha != 0:
            np.multiply(dZ, alpha, out=D1)
            np.add(Z, D1, out=carried)
        Z1, behind = self._start(carried, carried, self.real(0), rest)
        out, back = tail(Z1, behind, self.network.f)
        D, gradients = back(self._gradient(block, out))
        self._leave(D, gradients, D1, G)
        return self._loss(block, out), self._right(block, out)

    def jet(
        self, block: int, Z: Array, dZ: Array, alpha: Any, rest: Array, along: Array, worker: int
    ) -> tuple[float, float, float]:
        Z1, behind = self._start(Z, dZ, alpha, rest)
        dZ1, ahead = self._start(dZ, dZ, self.real(0), along)
        out, dout, ddout = tail_jet(Z1, dZ1, behind, ahead, self.network.f)
        D, bent = self._gradient(block, out), self._curvature(block, out, dout)
        slope = np.sum(D * dout, dtype=np.float64)
        bend = np.sum(dout * bent + D * ddout, dtype=np.float64)
        return self._loss(block, out), float(slope), float(bend)

    def product(
        self, block: int, Z: Array, dZ: Array, rest: Array, along: Array, D1: Array, G: Array, newton: bool
    ) -> None:
        """D1 <- Ḋ¹, G += products behind, of the Hessian (newton) or of the Gauss-Newton matrix."""
        Z1, behind = self._start(Z, Z, self.real(0), rest)
        dZ1, ahead = self._start(dZ, dZ, self.real(0), along)
        gradient, curvature = partial(self._gradient, block), partial(self._curvature, block)
        f = self.network.f
        if newton:
            D, products = hessian_tail(Z1, dZ1, behind, ahead, f, gradient, curvature)
        else:
            D, products = gauss_newton_tail(Z1, dZ1, behind, ahead, f, curvature)
        self._leave(D, products, D1, G)

    def _start(self, Z: Array, dZ: Array, alpha: Any, rest: Array) -> tuple[Array, Layers]:
        """Z¹(α) (m, d_1) as rows, and the layers behind."""
        sizes = self.network.sizes[1:]
        moved = Z[: sizes[0]] if alpha == 0 else Z[: sizes[0]] + alpha * dZ[: sizes[0]]
        behind, at = [], sizes[0]
        for d_in, d_out in zip(sizes, sizes[1:], strict=False):
            bias = at + d_in * d_out
            behind.append((rest[at:bias].reshape(d_in, d_out), rest[bias : bias + d_out]))
            at = bias + d_out
        return moved.T + rest[: sizes[0]], behind

    def _leave(self, D: Array, gradients: Layers, D1: Array, G: Array) -> None:
        D1[: D.shape[1]] = D.T
        at = D.shape[1]
        G[:at] += D.sum(axis=0, dtype=np.float64)
        for part in gradients:
            for block in part:
                G[at : at + block.size] += block.ravel()
                at += block.size

    def _targets(self, block: int) -> Array:
        return self.Y[slice(*self.bounds[block])]

    def _loss(self, block: int, out: Array) -> float:
        losses = self.network.criterion.value(out, self._targets(block))
        if self.weights is not None:
            losses = losses * self.weights[slice(*self.bounds[block])]
        return float(losses.sum(dtype=np.float64))

    def _right(self, block: int, out: Array) -> int:
        Y = self._targets(block)
        if self.network.loss == "cross-entropy":
            return int(np.sum(out.argmax(axis=1) == Y))
        return int(np.sum((out > 0) == (Y > 0.5))) if self.network.loss == "binary" else 0

    def _gradient(self, block: int, out: Array) -> Array:
        return self._weighted(block, self.network.criterion.gradient(out, self._targets(block)))

    def _curvature(self, block: int, out: Array, V: Array) -> Array:
        return self._weighted(block, self.network.criterion.curvature(out, self._targets(block), V))

    def _weighted(self, block: int, D: Array) -> Array:
        return D if self.weights is None else D * self.weights[slice(*self.bounds[block]), None]


class Fused:
    """The kernels of `tails`."""

    def __init__(self, plain: Plain, desk: Desk) -> None:
        from surefoot.compute import tails
        from surefoot.compute.spans import ACTIVATION_CODES, LOSS_CODES

        self._kernels, self.plain, self.desk = tails, plain, desk
        network = plain.network
        sizes = network.sizes[1:]
        codes = ACTIVATION_CODES[network.activation], LOSS_CODES[network.loss]
        self.network = (np.array(sizes, np.int64), *codes)
        self._shape = max(2 * len(sizes) + 1, 8), max(sizes), SPAN

    def rooms(self, worker: int) -> tuple[Array, Array]:
        """(slots, width, span) to work in, and (3, span)."""
        desk = self.desk
        return desk.room("layers", worker, self._shape), desk.room("row", worker, (3, SPAN))

    @cached_property
    def _samples(self) -> list[tuple[Array, Array, Array]]:
        """Labels, targets (k, m) and weights of every block."""
        plain = self.plain
        real, Y, labelled = plain.real, plain.Y, plain.Y.ndim == 1
        weights = self.desk.ones(len(Y)) if plain.weights is None else plain.weights
        return [
            (
                Y[a:b].astype(np.int32, copy=False) if labelled else np.zeros(0, np.int32),
                np.zeros((0, 0), real) if labelled else np.ascontiguousarray(Y[a:b].T),
                weights[a:b],
            )
            for a, b in plain.bounds
        ]

    def value(self, block: int, Z: Array, dZ: Array, alpha: Any, rest: Array, worker: int) -> float:
        return float(
            self._kernels.value(Z, dZ, alpha, rest, *self.network, *self._samples[block], *self.rooms(worker))
        )

    def pullback(
        self, block: int, Z: Array, dZ: Array, alpha: Any, rest: Array,
        D1: Array, G: Array, carried: Array, worker: int,
    ) -> tuple[float, int]:  # fmt: skip
        total, right = self._kernels.pullback(
            Z, dZ, alpha, rest, *self.network, *self._samples[block], *self.rooms(worker), D1, G, carried
        )
        return total, right

    def jet(
        self, block: int, Z: Array, dZ: Array, alpha: Any, rest: Array, along: Array, worker: int
    ) -> tuple[float, float, float]:
        total, slope, bend = self._kernels.jet(
            Z, dZ, alpha, rest, along, *self.network, *self._samples[block], *self.rooms(worker)
        )
        return total, slope, bend


def suits(network: Network) -> bool:
    """True when no layer behind the first is so wide that BLAS would be better."""
    sizes = network.sizes[1:]
    return all(a * b <= WIDEST for a, b in zip(sizes, sizes[1:], strict=False))
